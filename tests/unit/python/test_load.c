/* SPDX-License-Identifier: MIT */
/*
 * Apps by name: every way to be right, and what is said, with which exit code, of every way to be
 * wrong.
 */
#include "harness/check.h"

#include <stdlib.h>
#include <unistd.h>

#include <gcorn/base/compiler.h>
#include <gcorn/python/python.h>

#include "harness/pystage.h"

static const struct {
    const char *name, *text;
} files[] = {
    {"good.py", "def application(environ, start_response):\n"
                "    start_response('200 OK', [])\n"
                "    return [b'good']\n"
                "class holder:\n"
                "    app = staticmethod(application)\n"
                "    @staticmethod\n"
                "    def make(): return application\n"
                "def factory(name='x', k=0, *, flag=None):\n"
                "    def app(environ, start_response):\n"
                "        start_response('200 OK', [])\n"
                "        return [repr((name, k, flag)).encode()]\n"
                "    return app\n"
                "def returns_none(): pass\n"
                "def raises(): raise ValueError('in factory')\n"
                "def raises_type_error(): len(5)\n"
                "number = 5\n"
                "nothing = None\n"
                "def __getattr__(name):\n"
                "    if name == 'lazy': raise KeyError('lazily')\n"
                "    raise AttributeError(name)\n"},
    {"raising.py", "raise RuntimeError('on import')\n"},
    {"broken.py", "def f(:\n"},
    {"inner.py", "import does_not_exist_either\n"},
    {"exits.py", "import sys; sys.exit(7)\n"},
    {"exits_text.py", "import sys; sys.exit('for a reason')\n"},
    {"exits_none.py", "import sys; sys.exit()\n"},
};

/* Process. */
static char dir[] = "/tmp/gcorn-test-load-XXXXXX";

static int start(GCN_UNUSED void **state)
{
    if (mkdtemp(dir) == NULL || chdir(dir) < 0) {
        return -1;
    }
    for (size_t i = 0; i < GCN_COUNT(files); i++) {
        FILE *file = fopen(files[i].name, "we");
        if (file == NULL || fputs(files[i].text, file) < 0 || fclose(file) != 0) {
            return -1;
        }
    }
    return gcn_pystage_start(dir);
}

static int stop(GCN_UNUSED void **state)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -r %s", dir);
    return system(command) != 0 ? -1 : gcn_pystage_stop();
}

static void good_specs_are_found(GCN_UNUSED void **state)
{
    static const struct {
        const char *spec, *body;
    } rows[] = {
        {"good", "good"},
        {"good:application", "good"},
        {"good: application ", "good"},
        {"good:holder.app", "good"},
        {"good:holder.make()", "good"},
        {"good:factory()", "('x', 0, None)"},
        {"good:factory(\"y\", k=1)", "('y', 1, None)"},
        {"good:factory('a', -1, flag=[1, {'b': None}])", "('a', -1, [1, {'b': None}])"},
    };

    for (size_t i = 0; i < GCN_COUNT(rows); i++) {
        assert_int_equal(gcn_pystage_load(rows[i].spec), 0);
        assert_string_equal(gcn_pystage_body(gcn_pystage_play("GET", "/", 1)), rows[i].body);
        gcn_stage_finish(&gcn_pystage.stage);
        gcn_py_app_destroy(gcn_pystage.app);
        gcn_pystage.app = NULL;
    }
}

static const struct bad {
    const char *spec;
    int code;
    const char *message;
    const char *logged; /* of the app's own traceback, or NULL: nothing is logged */
} bad_rows[] = {
    {"absent", 3, "No module named 'absent' (looked for in ", NULL},
    {"absent.sub:app", 3, "No module named 'absent' (looked for in ", NULL},
    {"good.sub:app", 3, "No module named 'good.sub'; 'good' is not a package", NULL},
    {"good.py:app", 3, "did you mean 'good'?", NULL},
    {"some/good:app", 3, "a module is named with dots", NULL},
    {":application", 3, "no module is named before the colon", NULL},
    {"", 3, "no module is named before the colon", NULL},
    {"inner", 3, "No module named 'does_not_exist_either'", "inner.py\", line 1"},
    {"raising", 3, "cannot be loaded: RuntimeError: on import", "raising.py\", line 1"},
    {"broken", 3, "SyntaxError", "def f(:"},
    {"exits", 7, "called sys.exit(7)", "exits.py\", line 1"},
    {"exits_text", 1, "called sys.exit('for a reason')", "exits_text.py"},
    {"exits_none", 0, "called sys.exit(None)", "exits_none.py"},
    {"good:", 4, "'' is neither a name nor a call of one", NULL},
    {"good:aplication", 4,
     "module 'good' has no attribute 'aplication': did you mean 'application'?", NULL},
    {"good:holder.nope", 4, "'holder' in module 'good' has no attribute 'nope'", NULL},
    {"good:lazy", 3, "KeyError: 'lazily'", "good.py"},
    {"good:application[0]", 4, "is neither a name nor a call of one", NULL},
    {"good:1", 4, "is neither a name nor a call of one", NULL},
    {"good:a b", 4, "is neither a name nor a call of one", NULL},
    {"good:f()()", 4, "is neither a name nor a call of one", NULL},
    {"good:factory(x)", 4, "must be Python literals", NULL},
    {"good:factory(*[1])", 4, "must be Python literals", NULL},
    {"good:factory(**{'k': 1})", 4, "must be Python literals", NULL},
    {"good:factory(1,", 4, "is neither a name nor a call of one", NULL},
    {"good:factory(nope=1)", 4, "got an unexpected keyword argument 'nope'", NULL},
    {"good:factory(1, 2, 3)", 4, "takes from 0 to 2 positional arguments", NULL},
    {"good:raises()", 3, "ValueError: in factory", "good.py"},
    {"good:raises_type_error()", 3, "has no len()", "good.py"},
    {"good:returns_none()", 4, "is None, not an app", NULL},
    {"good:nothing", 4, "'nothing' is None, not an app", NULL},
    {"good:number", 4, "'number' is not callable, but a int", NULL},
    {"good:number()", 4, "what it names is not callable", NULL},
};

static void bad_specs_are_explained(GCN_UNUSED void **state)
{
    for (size_t i = 0; i < GCN_COUNT(bad_rows); i++) {
        const struct bad *row = &bad_rows[i];
        struct gcn_error err = {{0}};
        int code = -1;

        gcn_pystage.log.len = 0;
        assert_null(gcn_py_app_load(row->spec, &err, &code));
        assert_contains(err.text, row->message);
        assert_contains(err.text, row->spec);
        assert_int_equal(code, row->code);
        if (row->logged == NULL) {
            assert_string_equal(gcn_pystage_log(), "");
        } else {
            assert_contains(gcn_pystage_log(), row->logged);
            assert_null(strstr(gcn_pystage_log(), "<gcorn>"));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_specs_are_found),
        cmocka_unit_test(bad_specs_are_explained),
    };
    return cmocka_run_group_tests(tests, start, stop);
}

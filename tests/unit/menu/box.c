#include "box.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "menu.h"

enum { TEXT_ROOM = 1 << 16, PATH_ROOM = 512 };

static char root[64];
static const char *asked_at;
static char output[TEXT_ROOM], errors[TEXT_ROOM];

void box_make(void)
{
	snprintf(root, sizeof(root), "/tmp/menu-box-XXXXXX");
	assert_non_null(mkdtemp(root));
	asked_at = "/nonexistent/control.sock";
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *ftw)
{
	(void)info;
	(void)type;
	(void)ftw;
	return remove(path);
}

void box_remove(void)
{
	assert_int_equal(nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

void box_write(const char *path, const char *text)
{
	char whole[PATH_ROOM];
	FILE *file;

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	for (char *slash = whole + strlen(root) + 1; (slash = strchr(slash, '/')) != NULL;
		slash++) {
		*slash = '\0';
		mkdir(whole, 0755);
		*slash = '/';
	}
	file = fopen(whole, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void take(FILE *file, char *out)
{
	size_t len;

	rewind(file);
	len = fread(out, 1, TEXT_ROOM - 1, file);
	out[len] = '\0';
	fclose(file);
}

/* One line, or a session that reads `lines`. */
static int run(const char *line, const char *lines, bool yes)
{
	FILE *out = tmpfile(), *err = tmpfile(), *in = tmpfile();
	struct shell_term *term;
	struct menu menu;
	struct shell_settings settings = {.tables = menu_tables,
		.host = "box",
		.user = "test",
		.privilege = SHELL_ADMIN,
		.yes = yes,
		.context = &menu};
	int kept = dup(STDERR_FILENO), status = 0;

	assert_true(in != NULL && out != NULL && err != NULL && kept >= 0);
	fputs(lines, in);
	rewind(in);
	menu_init(&menu, asked_at);
	menu.root = root;
	term = shell_term_open(fileno(in), fileno(out));
	assert_non_null(term);
	dup2(fileno(err), STDERR_FILENO);
	if (line != NULL)
		status = shell_run_line(term, &settings, line);
	else
		shell_run(term, &settings);
	dup2(kept, STDERR_FILENO);
	close(kept);
	shell_term_close(term);
	menu_fini(&menu);
	take(out, output);
	take(err, errors);
	fclose(in);
	return status;
}

int box_run(const char *line)
{
	return run(line, "", true);
}

int box_run_unsure(const char *line)
{
	return run(line, "", false);
}

void box_asks_what_runs(void)
{
	asked_at = NULL;
}

void box_session(const char *lines)
{
	run(NULL, lines, true);
}

const char *box_path(const char *path)
{
	static char whole[PATH_ROOM];

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	return whole;
}

const char *box_output(void)
{
	return output;
}

const char *box_errors(void)
{
	return errors;
}

void box_must_say(const char *text)
{
	if (strstr(output, text) == NULL && strstr(errors, text) == NULL)
		fail_msg("'%s' is not in: %s %s", text, output, errors);
}

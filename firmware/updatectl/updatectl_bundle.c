#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "update_bundle.h"
#include "updatectl_priv.h"

/* Decimal, at most `max`. */
static bool read_number(const char *text, unsigned long long max, unsigned long long *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0 && *out <= max;
}

/* One option of bundle create. 0, or the exit status. */
static int take_option(struct update_recipe *recipe, bool *has_sequence, int option)
{
	unsigned long long number = 0;

	switch (option) {
	case 'k':
		recipe->key = optarg;
		return 0;
	case 'b':
		recipe->board = optarg;
		return 0;
	case 'v':
		recipe->version = optarg;
		return 0;
	case 'o':
		recipe->out = optarg;
		return 0;
	case 's':
	case 'm':
		if (!read_number(optarg, UPDATE_SEQUENCE_MAX, &number))
			return updatectl_usage("not a sequence number:", optarg);
		*(option == 's' ? &recipe->sequence : &recipe->minimum) = number;
		*has_sequence |= option == 's';
		return 0;
	case 'l':
		if (!read_number(optarg, UPDATE_LEVEL_MAX, &number) || number == 0)
			return updatectl_usage("--level takes 1 to 19, not", optarg);
		recipe->level = (int)number;
		return 0;
	default:
		return EXIT_USAGE;
	}
}

static int create(struct updatectl *ctl)
{
	static const struct option known[] = {
		{"key", required_argument, NULL, 'k'},
		{"board", required_argument, NULL, 'b'},
		{"version", required_argument, NULL, 'v'},
		{"sequence", required_argument, NULL, 's'},
		{"min-sequence", required_argument, NULL, 'm'},
		{"out", required_argument, NULL, 'o'},
		{"level", required_argument, NULL, 'l'},
		{NULL, 0, NULL, 0},
	};
	struct update_recipe recipe = {.level = UPDATE_LEVEL_DEFAULT};
	struct update_fault fault;
	bool has_sequence = false;
	int option, status, files;

	optind = 0;
	while ((option = getopt_long(ctl->argc, ctl->argv, "", known, NULL)) != -1)
		if ((status = take_option(&recipe, &has_sequence, option)) != 0)
			return status;
	files = ctl->argc - optind;
	if (!recipe.key || !recipe.board || !recipe.version || !recipe.out || !has_sequence ||
		files < 1 || files > UPDATE_FILES_MAX)
		return updatectl_usage("bundle create needs --key, --board, --version, --sequence, "
				       "--out and one or two files",
			NULL);
	if (recipe.minimum > recipe.sequence)
		return updatectl_usage("--min-sequence is above --sequence", NULL);
	for (int i = 0; i < files; i++)
		recipe.files[i] = ctl->argv[optind + i];
	return update_bundle_create(&recipe, &fault) == 0 ? 0 : updatectl_failed(&fault);
}

static int drop(void *arg, const uint8_t *data, size_t bytes, struct update_fault *fault)
{
	(void)arg;
	(void)data;
	(void)bytes;
	(void)fault;
	return 0;
}

static int verify_source(
	struct update_source *source, const struct update_keys *keys, struct update_fault *fault)
{
	char text[UPDATE_MANIFEST_MAX];
	struct update_bundle bundle;
	int error = update_bundle_open(&bundle, source, keys, fault);

	for (unsigned i = 0; error == 0 && i < bundle.manifest.file_len; i++)
		error = update_bundle_unpack(&bundle, drop, NULL, fault);
	if (error == 0 && update_manifest_print(&bundle.manifest, text, sizeof(text)) > 0)
		fputs(text, stdout);
	return error;
}

static int verify(struct updatectl *ctl)
{
	static const struct option known[] = {
		{"pub", required_argument, NULL, 'p'},
		{NULL, 0, NULL, 0},
	};
	struct update_source source = {0};
	struct update_keys *keys = NULL;
	struct update_fault fault;
	const char *pub = NULL;
	int option, error;

	optind = 0;
	while ((option = getopt_long(ctl->argc, ctl->argv, "", known, NULL)) != -1) {
		if (option != 'p')
			return EXIT_USAGE;
		pub = optarg;
	}
	if (pub == NULL || ctl->argc - optind != 1)
		return updatectl_usage("bundle verify needs --pub and one file", NULL);
	error = update_keys_load(&keys, pub, &fault);
	if (error == 0)
		error = update_source_file(&source, ctl->argv[optind], &fault);
	if (error == 0)
		error = verify_source(&source, keys, &fault);
	update_source_close(&source);
	update_keys_free(keys);
	return error == 0 ? 0 : updatectl_failed(&fault);
}

static int keygen(struct updatectl *ctl)
{
	struct update_fault fault;

	if (ctl->argc != 3)
		return updatectl_usage("bundle keygen needs two files that do not exist yet", NULL);
	return update_key_make(ctl->argv[1], ctl->argv[2], &fault) == 0 ? 0
									: updatectl_failed(&fault);
}

int updatectl_bundle(struct updatectl *ctl)
{
	static const struct {
		const char *name;
		int (*run)(struct updatectl *ctl);
	} actions[] = {{"create", create}, {"verify", verify}, {"keygen", keygen}};

	ctl->argc--;
	ctl->argv++;
	for (unsigned i = 0; ctl->argc > 0 && i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(ctl->argv[0], actions[i].name) == 0)
			return actions[i].run(ctl);
	return updatectl_usage("bundle takes create, verify or keygen, not",
		ctl->argc > 0 ? ctl->argv[0] : "nothing");
}

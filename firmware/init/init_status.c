#include "init_status.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "init_file.h"
#include "init_log.h"

/* A text of our own making; only quotes and backslashes have to be looked after. */
static void put_text(FILE *file, const char *text)
{
	fputc('"', file);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', file);
		fputc(*text, file);
	}
	fputc('"', file);
}

static void put_service(FILE *file, const struct init_service *service)
{
	char since[INIT_LOG_TIME_BYTES];

	init_log_time(service->since_ms, since);
	fprintf(file,
		"{\"name\": \"%s\", \"pid\": %d, \"state\": \"%s\", \"restarts\": %llu, "
		"\"since\": \"%s\"",
		service->kind->name, (int)service->pid, init_state_name(service->state),
		(unsigned long long)(service->starts > 0 ? service->starts - 1 : 0), since);
	if (service->how[0] != '\0') {
		fputs(", \"last_end\": ", file);
		put_text(file, service->how);
	}
	if (service->lines.dropped > 0)
		fprintf(file, ", \"dropped\": %llu", (unsigned long long)service->lines.dropped);
	fputc('}', file);
}

int init_status_write(const char *root, const struct init_service *services, unsigned len)
{
	char path[INIT_PATH_MAX], *text = NULL;
	size_t bytes;
	FILE *file = open_memstream(&text, &bytes);
	int rc;

	if (file == NULL)
		return -errno;
	fputs("{\"services\": [\n", file);
	for (unsigned i = 0; i < len; i++) {
		fputs(i > 0 ? ",\n  " : "  ", file);
		put_service(file, &services[i]);
	}
	fputs("\n]}\n", file);
	snprintf(path, sizeof(path), "%s/run/sluice/services.json", root);
	rc = fclose(file) != 0 ? -ENOMEM : init_file_replace(path, text);
	free(text);
	return rc;
}

#include "update_bootenv.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "update_fat.h"
#include "update_manifest.h"
#include "update_priv.h"

static const char env_path[] = "grub/grubenv";
static const char *const ok_keys[UPDATE_SLOTS] = {"A_OK", "B_OK"};
static const char *const try_keys[UPDATE_SLOTS] = {"A_TRY", "B_TRY"};
static const char *const proven_keys[UPDATE_SLOTS] = {"A_GOOD", "B_GOOD"};
static const char minimum_key[] = "MINIMUM";
static const char *const orders[UPDATE_SLOTS] = {"a b", "b a"};

/* A digit; anything else is 0, as for GRUB's script. */
static unsigned get_digit(const struct update_bootenv *env, const char *key)
{
	char value[4];

	if (!update_grubenv_get(env->block, key, value, sizeof(value)) || value[0] < '0' ||
		value[0] > '9' || value[1] != '\0')
		return 0;
	return (unsigned)(value[0] - '0');
}

static void read_block(struct update_bootenv *env)
{
	char order[16] = "", minimum[16];

	for (unsigned i = 0; i < UPDATE_SLOTS; i++)
		env->slots[i] = (struct update_slot_state){
			.is_ok = get_digit(env, ok_keys[i]) == 1,
			.is_proven = get_digit(env, proven_keys[i]) == 1,
			.tries = get_digit(env, try_keys[i]),
		};
	update_grubenv_get(env->block, "ORDER", order, sizeof(order));
	env->first = order[0] == 'b' ? UPDATE_SLOT_B : UPDATE_SLOT_A;
	if (!update_grubenv_get(env->block, minimum_key, minimum, sizeof(minimum)) ||
		!update_number(minimum, UPDATE_SEQUENCE_MAX, &env->minimum))
		env->minimum = 0;
}

/* The block with the state that `env` says. */
static int write_block(const struct update_bootenv *env, char block[UPDATE_GRUBENV_BYTES])
{
	int error = update_grubenv_set(block, "ORDER", orders[env->first]);
	char minimum[24];

	for (unsigned i = 0; i < UPDATE_SLOTS && error == 0; i++) {
		const struct update_slot_state *slot = &env->slots[i];
		const char tries[2] = {(char)('0' + slot->tries), '\0'};

		if ((error = update_grubenv_set(block, ok_keys[i], slot->is_ok ? "1" : "0")) == 0 &&
			(error = update_grubenv_set(block, try_keys[i], tries)) == 0)
			error = update_grubenv_set(
				block, proven_keys[i], slot->is_proven ? "1" : "0");
	}
	snprintf(minimum, sizeof(minimum), "%" PRIu64, env->minimum);
	if (error == 0 && env->minimum > 0)
		error = update_grubenv_set(block, minimum_key, minimum);
	return error;
}

/* The file in the ESP; found anew each time, for its place is worth no state. */
static int find_env(
	const struct update_bootenv *env, struct update_fat *fat, struct update_fat_file *file)
{
	int error = update_fat_open(fat, env->fd);

	if (error == 0)
		error = update_fat_find(fat, env_path, file);
	if (error == 0 && file->bytes != UPDATE_GRUBENV_BYTES)
		error = -EBADMSG;
	return error;
}

int update_bootenv_open(
	struct update_bootenv *env, const struct update_box *box, struct update_fault *fault)
{
	char path[PATH_MAX];
	struct update_fat fat;
	struct update_fat_file file;
	int error;

	*env = (struct update_bootenv){.fd = -1};
	error = update_box_partition(box, "esp", path, fault);
	if (error != 0)
		return error;
	env->fd = open(path, O_RDWR | O_CLOEXEC);
	if (env->fd < 0)
		return update_fail(fault, -errno, "cannot open the boot partition %s: %s", path,
			strerror(errno));
	error = flock(env->fd, LOCK_EX) == 0 ? find_env(env, &fat, &file) : -errno;
	if (error == 0)
		error = update_fat_read(&fat, &file, 0, env->block, UPDATE_GRUBENV_BYTES);
	if (error == 0)
		error = update_grubenv_check(env->block);
	if (error != 0) {
		update_bootenv_close(env);
		return update_fail(fault, error,
			"cannot read %s in the boot partition %s (%s): write the disk image anew",
			env_path, path, strerror(-error));
	}
	read_block(env);
	return 0;
}

int update_bootenv_store(struct update_bootenv *env, struct update_fault *fault)
{
	char block[UPDATE_GRUBENV_BYTES];
	struct update_fat fat;
	struct update_fat_file file;
	int error;

	memcpy(block, env->block, sizeof(block));
	error = write_block(env, block);
	/* What is there already costs the flash no write. */
	if (error == 0 && memcmp(block, env->block, sizeof(block)) == 0)
		return 0;
	if (error == 0)
		error = find_env(env, &fat, &file);
	if (error == 0)
		error = update_fat_overwrite(&fat, &file, 0, block, sizeof(block));
	if (error == 0 && fsync(env->fd) != 0)
		error = -errno;
	if (error != 0)
		return update_fail(fault, error, "cannot write %s in the boot partition: %s",
			env_path, strerror(-error));
	memcpy(env->block, block, sizeof(block));
	return 0;
}

void update_bootenv_close(struct update_bootenv *env)
{
	if (env->fd >= 0)
		close(env->fd);
	env->fd = -1;
}

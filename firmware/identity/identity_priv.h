#ifndef IDENTITY_PRIV_H
#define IDENTITY_PRIV_H

#include <stddef.h>

/*
 * What the files of identity share.
 *
 * Layer:  identity
 * Thread: one
 */

enum { IDENTITY_PEM_MAX = 1024, IDENTITY_PATH_MAX = 512 };

/* A new private key as PEM. Returns 0 or -EIO. */
int identity_key_make(char pem[IDENTITY_PEM_MAX]) __attribute__((warn_unused_result));

#endif

#ifndef REVISION_CANDIDATE_PRIV_H
#define REVISION_CANDIDATE_PRIV_H

#include "revision_candidate.h"
#include "revision_priv.h"

/*
 * A candidate inside: what ran when it began, and what it has become.
 *
 * Layer:  revision
 * Thread: one, the session's
 */

struct revision_candidate {
	struct revision_place place;
	struct revision_state base;
	struct revision_keys keys;
};

#endif

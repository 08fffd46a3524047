// SPDX-License-Identifier: Apache-2.0
// Work too long for one stay in the kernel (freeing a big memory object, taking a process apart) is
// cut into bounded steps: one is done whenever the kernel is left, and an idle hart does all. So
// nobody waits long for the locks, and a busy system still gets its memory back.
#pragma once

#include <stdbool.h>

struct chore {
    struct chore *next;
    bool (*step)(struct chore *chore); // true: done, the chore may be freed already
};

void chore_add(struct chore *chore, bool (*step)(struct chore *chore));
// Does one step of the oldest chore; chores that are not done go to the back. False if there was
// none.
bool chore_step(void);

// SPDX-License-Identifier: Apache-2.0
#include "notes.h"

int main(void)
{
    static struct notes notes;
    return app_run(&(struct app){.name = "notes",
                                 .start = notes_start,
                                 .view = notes_view,
                                 .event = notes_event,
                                 .state = &notes});
}

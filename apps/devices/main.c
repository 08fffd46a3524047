// SPDX-License-Identifier: Apache-2.0
#include "devices.h"

int main(void)
{
    static struct devices devices;
    return app_run(&(struct app){.name = "devices",
                                 .start = devices_start,
                                 .view = devices_view,
                                 .event = devices_event,
                                 .state = &devices});
}

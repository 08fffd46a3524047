// SPDX-License-Identifier: Apache-2.0
// The entry of init and of every child: a0 = the message page.
    .text
    .globl program_start
program_start:
    call program_main
    unimp

    .globl child_start_entry
child_start_entry:
    call child_main
    unimp

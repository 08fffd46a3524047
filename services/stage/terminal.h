// SPDX-License-Identifier: Apache-2.0
// The interface on a serial line: the same tree, as numbered rows and one key a verb.
//
//     == Notes | Devices ==
//     >  1  Groceries                Milk, rye bread, apples
//        2  Kyoto trip               Trains, temples
//     -- Groceries --
//        1| Groceries
//        2| Milk, rye bread, apples
//     [1-2] open  [/] find  [n] New note  [d] Delete  [+] add line  [2=] change line  [2-] drop
//     line  [<] back  [.] next app
//
// Lines in, text out; no terminal control codes, so a log of it reads well.
#pragma once

#include "stage.h"

enum { TERMINAL_LINE_MAX = 512, TERMINAL_VERBS_MAX = 24 };

// Appends the whole interface to `out`.
void terminal_print(struct stage *stage, struct buffer *out);
// Does what a line says. Appends "?" and a hint when it says nothing known. The caller prints
// afterwards, once apps have answered.
void terminal_line(struct stage *stage, struct span line, struct buffer *out);

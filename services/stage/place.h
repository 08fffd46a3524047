// SPDX-License-Identifier: Apache-2.0
// Where a person is, in words that outlive the stage: which task is in front, which page, what has
// the focus, where the caret stands, how far the list is scrolled. Told to each app's library after
// every change and read back from the tree that the app sends to a new stage, so that a restart in
// the middle of a word is not noticed.
//
//     f1 n0 d1 p1 k9 o0 c12 r77 t4 s340     front, dark, detail, part, kind and ordinal of the
//     focused node, caret (bytes), the replica typing there and how much it has typed, scroll (px)
//
// What was typed after the last word to the app is in the document, under that replica's name: the
// caret goes behind it.
#pragma once

#include "stage.h"

// Tells the apps whose place changed.
void place_tell(struct stage *stage);
// A task's first tree is there: goes to the place it brings, if it makes sense.
void place_restore(struct stage *stage, struct task *task);

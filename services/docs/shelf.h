// SPDX-License-Identifier: Apache-2.0
// Between the library and the store: documents read into memory and dropped from it, updates
// queued, appended, compacted. A record is the time of the change (u64, little endian, Unix
// milliseconds) and one update.
#pragma once

#include "library.h"

#define SHELF_RECORD_HEAD 8u   // the time
#define SHELF_RECORDS_MAX 128u // of one document before its log is compacted
#define SHELF_APPEND_HEAD (STORAGE_ID_BYTES + 4u)

// Reads a document from the store into memory and makes its summary.
status_t shelf_load(struct library *library, struct document *document);
// Makes room in the queue for an update of that size. ERR_NO_MEMORY.
status_t shelf_reserve(struct library *library, size_t update_size);
// Queues one update of a document. ERR_NO_MEMORY.
status_t shelf_queue(struct library *library, struct document *document, struct span update);
// Deletes its log; what is queued of it is dropped. A store that fails leaves the log behind, which
// nobody refers to.
void shelf_remove(struct library *library, struct document *document);
// Makes the summary of a document that is in memory.
void shelf_summarize(struct document *document);

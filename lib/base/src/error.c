// SPDX-License-Identifier: Apache-2.0
// Names and sentences of errors; see base/error.h.
#include "base/error.h"

#define ERROR_CASE_NAME(number, name, text)                                                        \
    case -(number):                                                                                \
        return "ERR_" #name;
#define ERROR_CASE_TEXT(number, name, text)                                                        \
    case -(number):                                                                                \
        return text;

const char *error_name(status_t status)
{
    if (status >= 0) {
        return "OK";
    }
    switch (status) {
        ERROR_LIST(ERROR_CASE_NAME)
    default:
        return "ERR_?";
    }
}

const char *error_text(status_t status)
{
    if (status >= 0) {
        return "no error";
    }
    switch (status) {
        ERROR_LIST(ERROR_CASE_TEXT)
    default:
        return "an error this version has no text for";
    }
}

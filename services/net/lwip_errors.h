// SPDX-License-Identifier: Apache-2.0
// lwIP's error names beside ours: one of them, ERR_TIMEOUT, is in both. lwIP's becomes
// LWIP_ERR_TIMEOUT (nobody here needs it). To be included before any header of lwIP.
#pragma once

#define ERR_TIMEOUT LWIP_ERR_TIMEOUT
#include "lwip/err.h"
#undef ERR_TIMEOUT

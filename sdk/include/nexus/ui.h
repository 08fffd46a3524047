// SPDX-License-Identifier: Apache-2.0
// Describing an interface: App, Section, List, Item, Detail, Verb, Text, Field, Status, Ask, Group,
// Form.
#pragma once

#include "ui/ui.h"

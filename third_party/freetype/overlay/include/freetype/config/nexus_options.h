// SPDX-License-Identifier: Apache-2.0
// FreeType's own options less what the device must not have: it opens no files and reads no
// environment, and formats we do not ship (compressed fonts, Macintosh resources, SVG glyphs, BDF)
// are code that a hostile font could reach. Font variations (GX_VAR) stay on.
#ifndef NEXUS_OPTIONS_H
#define NEXUS_OPTIONS_H

#include <freetype/config/ftoption.h>

#define FT_CONFIG_OPTION_DISABLE_STREAM_SUPPORT
#undef FT_CONFIG_OPTION_ENVIRONMENT_PROPERTIES
#undef FT_CONFIG_OPTION_USE_LZW
#undef FT_CONFIG_OPTION_USE_ZLIB
#undef FT_CONFIG_OPTION_MAC_FONTS
#undef FT_CONFIG_OPTION_GUESSING_EMBEDDED_RFORK
#undef FT_CONFIG_OPTION_INCREMENTAL
#undef FT_CONFIG_OPTION_SVG
#undef TT_CONFIG_OPTION_BDF

#endif

// SPDX-License-Identifier: Apache-2.0
// The FreeType modules we build: scalable TrueType fonts, glyph names, light hinting, grey levels.
// FreeType includes this list several times with different meanings of FT_USE_MODULE, so no guard.
FT_USE_MODULE(FT_Module_Class, autofit_module_class)
FT_USE_MODULE(FT_Driver_ClassRec, tt_driver_class)
FT_USE_MODULE(FT_Module_Class, psnames_module_class)
FT_USE_MODULE(FT_Module_Class, sfnt_module_class)
FT_USE_MODULE(FT_Renderer_Class, ft_smooth_renderer_class)

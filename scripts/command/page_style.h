/* SPDX-License-Identifier: MIT */
/* How the page looks: on a telephone and on a wide screen, in the light and in the dark. */
#ifndef LIGHTSSS_SCRIPTS_COMMAND_PAGE_STYLE_H
#define LIGHTSSS_SCRIPTS_COMMAND_PAGE_STYLE_H

extern const char page_style[]; /* CSS */

#endif

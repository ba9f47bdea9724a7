/* html_parts.h - the style and the script of every page. */
#ifndef CORE_REPORT_HTML_PARTS_H
#define CORE_REPORT_HTML_PARTS_H

extern const char html_style[], html_script[];

#endif

// The TurboJPEG API alone: it catches libjpeg's longjmp, which must not cross a Swift frame.
#ifndef AVG_CTURBOJPEG_H
#define AVG_CTURBOJPEG_H
#include <turbojpeg.h>
#endif

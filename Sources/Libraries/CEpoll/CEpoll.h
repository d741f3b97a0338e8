// The kernel's epoll, which Swift's Glibc module does not have.
#ifndef AVG_EPOLL_H
#define AVG_EPOLL_H
#include <sys/epoll.h>
#endif

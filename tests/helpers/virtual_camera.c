/* A camera of V4L2 where the kernel has none: loaded into a process by LD_PRELOAD, it answers for $VIRTUAL_CAMERA/video0.
 *
 * Files in that folder say how it is: frame.jpg is what it sees; `busy`, `denied`, `silent`, `hang`, `other` are
 * troubles while they are there; where `light` is, the camera has a torch, and its state stands there. Without video0
 * it is unplugged. Only what OpenCV and hardware/v4l2.py ask for is answered.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <unistd.h>

#define BUFFERS 4u
#define BUFFER_BYTES (1u << 20)
#define FILES 1024
#define FRAME_US 33000

static int is_camera[FILES];
static unsigned buffers[FILES], taken[FILES];

static const char *path_of(const char *name)
{
    static __thread char path[4096];
    snprintf(path, sizeof path, "%s/%s", getenv("VIRTUAL_CAMERA"), name);
    return path;
}

static int is_there(const char *name) { return access(path_of(name), F_OK) == 0; }

static int is_mine(int file) { return file >= 0 && file < FILES && is_camera[file]; }

static int fails(int number)
{
    errno = number;
    return -1;
}

static int (*next_open(void))(const char *, int, ...) { return dlsym(RTLD_NEXT, "open"); }

static int open_camera(void)
{
    if (is_there("denied"))
        return fails(EACCES);
    int file = memfd_create("virtual camera", MFD_CLOEXEC);
    if (file >= FILES || ftruncate(file, BUFFERS * BUFFER_BYTES))
        return fails(ENOMEM);
    is_camera[file] = 1;
    buffers[file] = taken[file] = 0;
    return file;
}

static int open_any(const char *path, int flags, int mode)
{
    if (getenv("VIRTUAL_CAMERA") && strcmp(path, path_of("video0")) == 0 && is_there("video0"))
        return open_camera();
    return next_open()(path, flags, mode);
}

#define OPEN(name)                                  \
    int name(const char *path, int flags, ...)      \
    {                                               \
        va_list rest;                               \
        va_start(rest, flags);                      \
        int mode = va_arg(rest, int);               \
        va_end(rest);                               \
        return open_any(path, flags, mode);         \
    }
OPEN(open)
OPEN(open64)

int close(int file)
{
    if (is_mine(file))
        is_camera[file] = 0;
    return ((int (*)(int))dlsym(RTLD_NEXT, "close"))(file);
}

/* Its memory is a file, which is always ready: only a silent camera lets somebody wait. */
int select(int count, fd_set *reads, fd_set *writes, fd_set *faults, struct timeval *limit)
{
    for (int file = 0; reads && limit && file < count; file++)
        if (FD_ISSET(file, reads) && is_mine(file) && is_there("silent")) {
            usleep(limit->tv_sec * 1000000 + limit->tv_usec);
            return 0;
        }
    int (*next)(int, fd_set *, fd_set *, fd_set *, struct timeval *) = dlsym(RTLD_NEXT, "select");
    return next(count, reads, writes, faults, limit);
}

/* Whether a program takes pictures with it, be it this one by another file. */
static int is_taken(int file)
{
    for (int other = 0; other < FILES; other++)
        if (other != file && is_camera[other] && buffers[other])
            return 1;
    return is_there("busy");
}

static int tell_what_it_is(struct v4l2_capability *answer)
{
    memset(answer, 0, sizeof *answer);
    strcpy((char *)answer->driver, "virtual");
    strcpy((char *)answer->card, "Virtual Camera");
    answer->device_caps = is_there("other") ? V4L2_CAP_META_CAPTURE : V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
    answer->capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING | V4L2_CAP_DEVICE_CAPS;
    return 0;
}

static int tell_format(struct v4l2_format *answer)
{
    answer->fmt.pix.width = 1280;
    answer->fmt.pix.height = 720;
    answer->fmt.pix.pixelformat = V4L2_PIX_FMT_MJPEG;
    answer->fmt.pix.field = V4L2_FIELD_NONE;
    answer->fmt.pix.bytesperline = 0;
    answer->fmt.pix.sizeimage = BUFFER_BYTES;
    return 0;
}

static int give_picture(int file, struct v4l2_buffer *buffer)
{
    while (is_there("hang"))
        usleep(FRAME_US);
    if (is_there("silent"))
        return fails(EAGAIN);
    usleep(FRAME_US);
    static char data[BUFFER_BYTES];
    int picture = next_open()(path_of("frame.jpg"), O_RDONLY | O_CLOEXEC);
    ssize_t bytes = read(picture, data, sizeof data);
    close(picture);
    buffer->index = buffers[file] ? taken[file]++ % buffers[file] : 0;
    buffer->length = BUFFER_BYTES;
    buffer->m.offset = buffer->index * BUFFER_BYTES;
    buffer->bytesused = bytes < 0 ? 0 : bytes;
    buffer->flags = 0;
    return pwrite(file, data, buffer->bytesused, buffer->m.offset) < 0 ? -1 : 0;
}

static int set_light(const struct v4l2_control *control)
{
    if (control->id != V4L2_CID_FLASH_LED_MODE || !is_there("light"))
        return fails(EINVAL);
    int light = next_open()(path_of("light"), O_WRONLY | O_TRUNC | O_CLOEXEC);
    dprintf(light, "%d", control->value);
    return close(light);
}

int ioctl(int file, unsigned long request, ...)
{
    va_list rest;
    va_start(rest, request);
    void *answer = va_arg(rest, void *);
    va_end(rest);
    if (!is_mine(file))
        return ((int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT, "ioctl"))(file, request, answer);
    if (!is_there("video0"))
        return fails(ENODEV);
    struct v4l2_buffer *buffer = answer;
    switch ((unsigned)request) {
    case VIDIOC_QUERYCAP:
        return tell_what_it_is(answer);
    case VIDIOC_S_FMT:
        return is_taken(file) ? fails(EBUSY) : tell_format(answer);
    case VIDIOC_G_FMT:
    case VIDIOC_TRY_FMT:
        return tell_format(answer);
    case VIDIOC_REQBUFS:
        buffers[file] = ((struct v4l2_requestbuffers *)answer)->count;
        if (buffers[file] > BUFFERS)
            ((struct v4l2_requestbuffers *)answer)->count = buffers[file] = BUFFERS;
        return 0;
    case VIDIOC_QUERYBUF:
        buffer->length = BUFFER_BYTES;
        buffer->m.offset = buffer->index * BUFFER_BYTES;
        return 0;
    case VIDIOC_DQBUF:
        return give_picture(file, answer);
    case VIDIOC_S_CTRL:
        return set_light(answer);
    case VIDIOC_QBUF:
    case VIDIOC_STREAMON:
    case VIDIOC_STREAMOFF:
        return 0;
    default:
        return fails(EINVAL);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Frames from bytes, for plain TCP: one recv() takes all that is there, and no other call is needed to find that it was
 * all. What is inside a frame is decoded by the library. Bodies are handed out as they come, whole frames or parts of them,
 * so that a large one is copied once. */
#ifndef INPUT_H
#define INPUT_H

#include <ostler/error.h>

#include <amqp.h>

/* Zeroed to begin with. */
struct input {
    unsigned char *data;
    size_t begin, end; /* what was received and not handed out */
    size_t capacity;
    size_t frame_max;
    bool dry;            /* the last recv() got less than it could take */
    bool in_body;        /* the rest of a body frame is to come: */
    uint32_t body_left;  /* so many bytes, and the end of the frame */
    uint16_t channel;    /* its channel */
    amqp_pool_t pool;    /* of what is decoded */
    const char *problem; /* after -1 */
};

/* Takes the next frame from what is there; receives without waiting if that is not enough, until the socket is dry. 1: a
 * frame, which lives until input_release(); 0: none yet; -1: broken, input->problem or errno says why. */
int input_next(struct input *input, int fd, size_t frame_max, amqp_frame_t *frame);

/* There may be something in the socket again. */
static inline void input_begin(struct input *input)
{
    input->dry = false;
}

void input_release(struct input *input);

/* Hands what is there to the library, which reads on from there. False if that is a whole frame, or broken. */
bool input_give_back(struct input *input, amqp_connection_state_t state);

void input_fini(struct input *input);

#endif

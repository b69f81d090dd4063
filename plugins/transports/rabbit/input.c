/* SPDX-License-Identifier: Apache-2.0 */
/* AMQP 0-9-1, 2.3.5 and 4.2.3: a frame is type, channel, size, payload, 0xCE. */
#include "input.h"

#include <amqp_framing.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { FRAME_HEAD = 7, FRAME_END = 1, METHOD_ID = 4, CLASS_HEAD = 12, POOL_PAGE = 4096 };

static uint32_t get_u32(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint16_t get_u16(const unsigned char *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static int broken(struct input *input, const char *problem)
{
    input->problem = problem;
    errno = 0;
    return -1;
}

/* --- Receiving -------------------------------------------------------------------------------------------------------- */

static bool prepare(struct input *input, size_t frame_max)
{
    if (input->data)
        return true;
    input->data = malloc(2 * frame_max);
    if (!input->data)
        return false;
    input->capacity = 2 * frame_max;
    input->frame_max = frame_max;
    init_amqp_pool(&input->pool, POOL_PAGE);
    return true;
}

/* 1: something came; 0: nothing is there; -1. */
static int receive(struct input *input, int fd)
{
    size_t left = input->end - input->begin;

    /* At least one frame fits behind what is left: that is less than one. */
    if (input->begin > 0 && (left == 0 || input->capacity - input->end < input->frame_max)) {
        memmove(input->data, input->data + input->begin, left);
        input->begin = 0;
        input->end = left;
    }
    size_t room = input->capacity - input->end;
    ssize_t got = recv(fd, input->data + input->end, room, MSG_DONTWAIT);
    if (got > 0) {
        input->end += (size_t)got;
        input->dry = (size_t)got < room;
        return 1;
    }
    if (got == 0)
        return broken(input, "the broker closed the connection");
    input->dry = true;
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
        return 0;
    input->problem = NULL;
    return -1;
}

/* --- Decoding ---------------------------------------------------------------------------------------------------------- */

static bool decode_method(struct input *input, unsigned char *payload, size_t size, amqp_frame_t *frame)
{
    amqp_method_t *method = &frame->payload.method;
    amqp_bytes_t rest = {.len = size - METHOD_ID, .bytes = payload + METHOD_ID};

    if (size < METHOD_ID)
        return false;
    method->id = get_u32(payload);
    return amqp_decode_method(method->id, &input->pool, rest, &method->decoded) >= 0;
}

static bool decode_header(struct input *input, unsigned char *payload, size_t size, amqp_frame_t *frame)
{
    amqp_bytes_t rest = {.len = size - CLASS_HEAD, .bytes = payload + CLASS_HEAD};

    if (size < CLASS_HEAD)
        return false;
    frame->payload.properties.class_id = get_u16(payload);
    frame->payload.properties.body_size = (uint64_t)get_u32(payload + 4) << 32 | get_u32(payload + 8);
    frame->payload.properties.raw = rest;
    return amqp_decode_properties(frame->payload.properties.class_id, &input->pool, rest,
                                  &frame->payload.properties.decoded) >= 0;
}

/* As much of a body as is there; 0 if nothing is. */
static int next_piece(struct input *input, amqp_frame_t *frame)
{
    size_t there = input->end - input->begin;
    size_t size = there < input->body_left ? there : input->body_left;

    if (there == 0)
        return 0;
    if (size > 0) {
        frame->frame_type = AMQP_FRAME_BODY;
        frame->channel = input->channel;
        frame->payload.body_fragment = (amqp_bytes_t){.len = size, .bytes = input->data + input->begin};
        input->begin += size;
        input->body_left -= (uint32_t)size;
    }
    if (input->body_left == 0 && input->begin < input->end) {
        if (input->data[input->begin++] != AMQP_FRAME_END)
            return broken(input, "a frame from the broker has no end");
        input->in_body = false;
    }
    return size > 0;
}

/* A frame that is there; 0 if none is. Heartbeats are passed over: that something came has been noticed by the kernel. */
static int next_here(struct input *input, amqp_frame_t *frame)
{
    while (input->in_body || input->end - input->begin >= FRAME_HEAD) {
        if (input->in_body) {
            int got = next_piece(input, frame);
            if (got != 0 || input->in_body)
                return got;
            continue;
        }
        unsigned char *head = input->data + input->begin, *payload = head + FRAME_HEAD;
        size_t size = get_u32(head + 3);
        if (size > input->frame_max - FRAME_HEAD - FRAME_END)
            return broken(input, "a frame from the broker is larger than agreed");
        frame->frame_type = head[0];
        frame->channel = get_u16(head + 1);
        if (head[0] == AMQP_FRAME_BODY) {
            input->begin += FRAME_HEAD;
            input->in_body = true;
            input->body_left = (uint32_t)size;
            input->channel = frame->channel;
            continue;
        }
        if (input->end - input->begin < FRAME_HEAD + size + FRAME_END)
            return 0;
        if (payload[size] != AMQP_FRAME_END)
            return broken(input, "a frame from the broker has no end");
        input->begin += FRAME_HEAD + size + FRAME_END;
        if (head[0] != AMQP_FRAME_METHOD && head[0] != AMQP_FRAME_HEADER)
            continue;
        bool good = head[0] == AMQP_FRAME_METHOD ? decode_method(input, payload, size, frame)
                                                 : decode_header(input, payload, size, frame);
        return good ? 1 : broken(input, "a frame from the broker cannot be decoded");
    }
    return 0;
}

int input_next(struct input *input, int fd, size_t frame_max, amqp_frame_t *frame)
{
    if (!prepare(input, frame_max))
        return broken(input, "no memory to read from the broker");
    for (;;) {
        int got = next_here(input, frame);
        if (got != 0)
            return got;
        got = input->dry ? 0 : receive(input, fd);
        if (got <= 0)
            return got;
    }
}

void input_release(struct input *input)
{
    if (input->data)
        recycle_amqp_pool(&input->pool);
}

/* --- Back to the library ------------------------------------------------------------------------------------------------- */

static bool give(amqp_connection_state_t state, unsigned char *bytes, size_t length)
{
    while (length > 0) {
        amqp_frame_t frame;
        int used = amqp_handle_input(state, (amqp_bytes_t){.len = length, .bytes = bytes}, &frame);
        if (used <= 0 || frame.frame_type != 0)
            return false;
        bytes += used;
        length -= (size_t)used;
    }
    return true;
}

bool input_give_back(struct input *input, amqp_connection_state_t state)
{
    /* The rest of a body frame is a body frame, too. */
    unsigned char head[FRAME_HEAD] = {AMQP_FRAME_BODY,
                                      (unsigned char)(input->channel >> 8),
                                      (unsigned char)input->channel,
                                      (unsigned char)(input->body_left >> 24),
                                      (unsigned char)(input->body_left >> 16),
                                      (unsigned char)(input->body_left >> 8),
                                      (unsigned char)input->body_left};
    bool good = !input->in_body || give(state, head, sizeof head);

    good = good && (input->begin == input->end || give(state, input->data + input->begin, input->end - input->begin));
    input->begin = input->end = 0;
    input->in_body = false;
    return good;
}

void input_fini(struct input *input)
{
    if (input->data)
        empty_amqp_pool(&input->pool);
    free(input->data);
    *input = (struct input){.data = NULL};
}

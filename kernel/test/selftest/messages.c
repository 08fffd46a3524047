// SPDX-License-Identifier: Apache-2.0
// Calls between two processes: registers, page, handles, deadlines, deferred replies, badges.
#include "check.h"

#define OP_ADD     1u // words 0 + 1
#define OP_REVERSE 2u // the page's bytes
#define OP_HANDLE  3u // raises bit 5 of the signal it is sent and sends it back
#define OP_SILENT  4u // takes the reply, never answers it until OP_RELEASE
#define OP_RELEASE 5u // answers what OP_SILENT took
#define OP_CLOSED  6u // tells the last badge reported closed
#define OP_BADGE   7u
#define OP_ITSELF  8u // replies with the handle it receives by

static uint64_t closed_badge;
static handle_t kept_reply, receives_by;

static uint64_t handle_request(struct result *request, struct words *words)
{
    uint32_t size = message_size(request->a1);
    switch (message_word(request->a1)) {
    case OP_ADD:
        words->word[0] += words->word[1];
        return message_info(0, 8, 0);
    case OP_REVERSE:
        for (uint32_t i = 0; i < size / 2; i++) {
            uint8_t swap = message->bytes[i];
            message->bytes[i] = message->bytes[size - 1 - i];
            message->bytes[size - 1 - i] = swap;
        }
        return message_info(0, size, 0);
    case OP_HANDLE:
        SYS2(signal_raise, message->handles[0], 1 << 5);
        return message_info(0, 0, 1);
    case OP_SILENT:
        kept_reply = (handle_t)SYS0(reply_take).value;
        return REPLY_NONE;
    case OP_RELEASE:
        words->word[0] =
            (uint64_t)syscall_message(SYSCALL_reply, kept_reply, message_info(7, 0, 0), 0, words)
                .value;
        return message_info(0, 8, 0);
    case OP_CLOSED:
        words->word[0] = closed_badge;
        return message_info(0, 8, 0);
    case OP_ITSELF:
        message->handles[0] = receives_by;
        return message_info(0, 0, 1);
    default:
        words->word[0] = request->a2;
        return message_info(0, 8, 0);
    }
}

static void server(void)
{
    receives_by = start_handle("self");
    struct words words = {{0}};
    uint64_t info = REPLY_NONE;
    for (;;) {
        struct result event = receive(receives_by, info, DEADLINE_NEVER, &words);
        info = REPLY_NONE;
        if (event.value == RECEIVED_CALL)
            info = handle_request(&event, &words);
        else if (event.value == RECEIVED_CLOSED)
            closed_badge = event.a2;
        else
            SYS1(process_exit, 3);
    }
}

static void register_messages(handle_t endpoint)
{
    claim("call_carries_words_in_registers");
    for (uint64_t i = 0; i < 100; i++) {
        struct words words = {{i, 1000}};
        struct result result = call(endpoint, message_info(OP_ADD, 16, 0), &words);
        CHECK(result.value == OK && words.word[0] == i + 1000 && message_size(result.a1) == 8);
    }
    claim("call_refuses_malformed_info");
    struct words words = {{0}};
    CHECK(call(endpoint, message_info(OP_ADD, MESSAGE_BYTES_MAX + 1, 0), &words).value ==
          ERR_TOO_LARGE);
    CHECK(call(endpoint, message_info(OP_ADD, 0, 5), &words).value == ERR_INVALID);
    CHECK(call(endpoint, message_info(OP_ADD, 0, 0) | 1ull << 57, &words).value == ERR_INVALID);
}

static void page_messages(handle_t endpoint)
{
    claim("call_carries_a_full_page");
    struct words words = {{0}};
    for (uint32_t i = 0; i < MESSAGE_BYTES_MAX; i++)
        message->bytes[i] = (uint8_t)(i * 7);
    struct result result = call(endpoint, message_info(OP_REVERSE, MESSAGE_BYTES_MAX, 0), &words);
    bool same = true;
    for (uint32_t i = 0; i < MESSAGE_BYTES_MAX; i++)
        same = same && message->bytes[i] == (uint8_t)((MESSAGE_BYTES_MAX - 1 - i) * 7);
    CHECK(result.value == OK && message_size(result.a1) == MESSAGE_BYTES_MAX && same);
}

static void handle_messages(handle_t endpoint)
{
    claim("call_moves_a_handle_there_and_back");
    struct words words = {{0}};
    handle_t signal = (handle_t)SYS0(signal_create).value;
    message->handles[0] = signal;
    struct result result = call(endpoint, message_info(OP_HANDLE, 0, 1), &words);
    handle_t back = message->handles[0];
    CHECK(result.value == OK && message_handle_count(result.a1) == 1 && back != signal);
    CHECK(SYS1(handle_info, signal).value == ERR_BAD_HANDLE);
    struct result waited = SYS3(signal_wait, back, UINT64_MAX, DEADLINE_NOW);
    CHECK(waited.value == OK && waited.a1 == 1 << 5);
    claim("call_with_a_bad_handle_keeps_the_good_one");
    message->handles[0] = back;
    message->handles[1] = 0x12345;
    CHECK(call(endpoint, message_info(OP_HANDLE, 0, 2), &words).value == ERR_BAD_HANDLE);
    message->handles[1] = back;
    CHECK(call(endpoint, message_info(OP_HANDLE, 0, 2), &words).value == ERR_BAD_HANDLE);
    CHECK(SYS1(handle_info, back).value == OBJECT_SIGNAL);
    handle_t fixed = duplicate(back, RIGHT_RAISE, 0);
    message->handles[0] = fixed;
    CHECK(call(endpoint, message_info(OP_HANDLE, 0, 1), &words).value == ERR_DENIED);
    SYS1(handle_close, fixed);
    SYS1(handle_close, back);
}

static void deferred_replies(handle_t endpoint)
{
    claim("deadline_ends_a_call_and_the_late_reply_is_dropped");
    struct words words = {{0}};
    uint64_t before = now();
    struct result result = syscall_message(SYSCALL_call, endpoint, message_info(OP_SILENT, 0, 0),
                                           before + 100 * MILLISECOND, &words);
    CHECK(result.value == ERR_TIMEOUT && now() >= before + 100 * MILLISECOND);
    result = call(endpoint, message_info(OP_RELEASE, 0, 0), &words);
    CHECK(result.value == OK && (int64_t)words.word[0] == OK);
    CHECK(syscall_message(SYSCALL_call, endpoint, 0, DEADLINE_NOW, &words).value == ERR_TIMEOUT);
}

static void badges(handle_t endpoint)
{
    claim("server_learns_the_badge_and_its_end");
    struct words words = {{0}};
    handle_t badged = duplicate(endpoint, RIGHT_CALL | RIGHT_DUPLICATE, 77);
    handle_t twin = duplicate(badged, RIGHT_CALL, 0);
    call(twin, message_info(OP_BADGE, 0, 0), &words);
    CHECK(words.word[0] == 77);
    CHECK(SYS3(handle_duplicate, badged, RIGHT_CALL, 78).value == ERR_DENIED);
    SYS1(handle_close, badged);
    call(endpoint, message_info(OP_CLOSED, 0, 0), &words);
    CHECK(words.word[0] == 0);
    SYS1(handle_close, twin);
    call(endpoint, message_info(OP_CLOSED, 0, 0), &words);
    CHECK(words.word[0] == 77);
}

void messages_test(void)
{
    handle_t endpoint = (handle_t)SYS0(endpoint_create).value;
    struct child child = child_create("server");
    child_give(&child, "self", duplicate(endpoint, RIGHT_RECEIVE | RIGHT_TRANSFER, 0));
    child_start(&child, server, PRIORITY_SERVER);
    register_messages(endpoint);
    page_messages(endpoint);
    handle_messages(endpoint);
    deferred_replies(endpoint);
    badges(endpoint);
    claim("a_server_that_gives_its_endpoint_away_receives_no_more");
    struct words words = {{0}};
    CHECK(call(endpoint, message_info(OP_ITSELF, 0, 0), &words).value == OK);
    SYS1(handle_close, message->handles[0]);
    CHECK(child_wait(&child).exit_code == 3);
    SYS1(handle_close, endpoint);
}

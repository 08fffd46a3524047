// SPDX-License-Identifier: Apache-2.0
// The system calls that move a message: three argument registers and eight words go in and come
// out.
#include "os/syscall.h"

void os_syscall_message(uint32_t number, struct os_message *message)
{
    register uint64_t a0 __asm__("a0") = message->a0;
    register uint64_t a1 __asm__("a1") = message->a1;
    register uint64_t a2 __asm__("a2") = message->a2;
    register uint64_t w0 __asm__("a3") = message->words[0];
    register uint64_t w1 __asm__("a4") = message->words[1];
    register uint64_t w2 __asm__("a5") = message->words[2];
    register uint64_t w3 __asm__("a6") = message->words[3];
    register uint64_t w4 __asm__("t0") = message->words[4];
    register uint64_t w5 __asm__("t1") = message->words[5];
    register uint64_t w6 __asm__("t2") = message->words[6];
    register uint64_t w7 __asm__("t3") = message->words[7];
    register uint64_t a7 __asm__("a7") = number;
    __asm__ volatile("ecall"
                     : "+r"(a0), "+r"(a1), "+r"(a2), "+r"(w0), "+r"(w1), "+r"(w2), "+r"(w3),
                       "+r"(w4), "+r"(w5), "+r"(w6), "+r"(w7)
                     : "r"(a7)
                     : "t4", "t5", "t6", "memory");
    *message = (struct os_message){
        .a0 = a0, .a1 = a1, .a2 = a2, .words = {w0, w1, w2, w3, w4, w5, w6, w7}};
}

/* SPDX-License-Identifier: MIT
 * Makes ten heap calls, seven of them between the signals, to try malloc_count.c on.
 */
#include <signal.h>
#include <stdlib.h>

int main(void)
{
    void *volatile a = malloc(10);
    raise(SIGUSR1);
    void *volatile b = calloc(2, 10);
    void *volatile c = malloc(20);
    void *volatile d = aligned_alloc(64, 64);
    c = realloc(c, 200);
    free(NULL);
    free(a);
    free(b);
    free(c);
    raise(SIGUSR2);
    free(d);
    a = malloc(10);
    free(a);
    return 0;
}

#include <errno.h>

#include "stack_bucket.h"
#include "stack_priv.h"

/* Listeners. Their place in the table, counted from 1, is lwIP's argument for connections not yet accepted. */

static void *arg_of(const struct stack *stack, const struct stack_listener *listener)
{
	return (void *)(uintptr_t)(listener - stack->listeners + 1);
}

const struct stack_listener *stack_listener_of(const struct stack *stack, const void *arg)
{
	uintptr_t place = (uintptr_t)arg;

	if (place == 0 || place > STACK_LISTENERS_MAX || stack->listeners[place - 1].pcb == NULL)
		return NULL;
	return &stack->listeners[place - 1];
}

static struct stack_listener *find(struct stack *stack, uint32_t id)
{
	for (int i = 0; i < STACK_LISTENERS_MAX; i++)
		if (stack->listeners[i].pcb != NULL && stack->listeners[i].id == id)
			return &stack->listeners[i];
	return NULL;
}

static struct stack_listener *find_free(struct stack *stack)
{
	for (int i = 0; i < STACK_LISTENERS_MAX; i++)
		if (stack->listeners[i].pcb == NULL)
			return &stack->listeners[i];
	return NULL;
}

/* A listening control block, or NULL and the error. */
static struct tcp_pcb *open_pcb(const struct stack_addr *addr, int *error)
{
	ip_addr_t ip;
	struct tcp_pcb *pcb, *listening;
	err_t status;

	stack_addr_to_lwip(addr, &ip);
	pcb = tcp_new_ip_type(IP_GET_TYPE(&ip));
	if (pcb == NULL) {
		*error = -ENOMEM;
		return NULL;
	}
	status = tcp_bind(pcb, &ip, addr->port);
	listening = status == ERR_OK ? tcp_listen_with_backlog_and_err(pcb, 0, &status) : NULL;
	if (listening == NULL) {
		*error = status == ERR_USE ? -EADDRINUSE : -ENOMEM;
		tcp_abort(pcb);
	}
	return listening;
}

int stack_listen(struct stack *stack, const struct stack_addr *addr, uint32_t listener_id)
{
	struct stack_listener *listener = find_free(stack);
	int error = 0;

	if (find(stack, listener_id) != NULL)
		return -EEXIST;
	if (listener == NULL)
		return -ENOMEM;
	stack_later_enter(stack);
	listener->pcb = open_pcb(addr, &error);
	stack_later_leave(stack);
	if (listener->pcb == NULL)
		return error;
	listener->id = listener_id;
	listener->port = addr->port;
	tcp_arg(listener->pcb, arg_of(stack, listener));
	tcp_ext_arg_set_callbacks(listener->pcb, 0, &stack_event_listener);
	return 0;
}

void stack_unlisten(struct stack *stack, uint32_t listener_id)
{
	struct stack_listener *listener = find(stack, listener_id);

	if (listener == NULL)
		return;
	tcp_close(listener->pcb);
	listener->pcb = NULL;
}

/* What a page's main thread worked, out of Chromium's traces: by CPU time, so that other programs on this machine count for nothing. */

/** What to trace. */
export const TRACED = ['disabled-by-default-devtools.timeline', 'devtools.timeline', 'toplevel', '__metadata'];

/** The main thread's tasks of a trace, ms of CPU: what they cost whoever else uses the machine. */
export function tasksOf(trace) {
	const events = JSON.parse(trace.toString()).traceEvents;
	const mains = new Set(events.filter((event) => event.name === 'thread_name' && event.args.name === 'CrRendererMain').map(({pid, tid}) => `${pid}/${tid}`));
	return events.filter((event) => event.name === 'RunTask' && event.tdur !== undefined && mains.has(`${event.pid}/${event.tid}`)).map((event) => event.tdur / 1000);
}

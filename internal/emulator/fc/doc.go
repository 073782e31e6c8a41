// Package fc is a small Function Compute for one Go function: it runs the
// compiled binary as a process of its own, serves it the runtime API and hands
// it events, so that tests and the demo can see what crashes, deadlines,
// retries and double deliveries do to the program that will be deployed.
//
// The function is the real one, the network is the loopback interface, and time
// is the real time. Each process has an address of its own for the runtime API,
// because nothing in a request would tell two processes apart.
//
// It never looks into an event or an answer, never asks for a real credential,
// never gives a process the environment of its parent, and never lets two events
// into one process at the same time. It does not read cron expressions, limit
// memory or CPU, or deliver results to destinations.
package fc

// Package handler is the edge to Function Compute: an event comes in, a report
// goes out. It reads events and settings, hands the run to package runner, and
// writes the log and the result. It alone imports the SDK of Function Compute.
//
// It never decides what is renewed, never calls the cloud by itself, and never
// lets a key, a token or a webhook's address out.
package handler

// Package config reads the settings: environment variables that begin with
// RENEW_, and the rules among them. One table says what there is; the reader,
// the README and the check of s.yaml all go by it.
//
// It is strict, since a cap with a slip in its name would be no cap: an unknown name, an
// empty value or one that does not parse is a problem, and all problems are told
// at once. It never reads the environment or a file by itself, never calls
// anything, and never repeats a value that may hold a secret.
package config

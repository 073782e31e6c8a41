// Package deploy keeps the files that deploy and explain the function true: its
// tests read s.yaml, the Makefile, the workflow and the documents, and hold them
// against the code. What an example in a document says will happen is run.
//
// It never deploys anything and never reaches beyond this machine. The function
// does not import it.
package deploy

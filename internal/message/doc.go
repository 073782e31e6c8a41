// Package message is what people read of a run: of a report it makes a headline,
// sections and, for chats, pages that fit, in English or Chinese.
//
// It is pure: it sends nothing, decides nothing about instances and never
// changes a report. What others wrote (names, tags, errors) means nothing to a
// terminal or a chat once it is in a message. Package notify delivers.
package message

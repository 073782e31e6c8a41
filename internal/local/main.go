// Package local is the command line: what the function's binary is outside
// Function Compute. Without a command it demonstrates the whole job against an
// emulated cloud; "emulate" keeps that cloud up for other clients; "run" is one
// real run; "check" says what that would do and tries what it would need;
// "rehearse" plays the coming year; "policy" prints what RAM must allow; "notify"
// sends a sample message; "show" prints a report.
//
// It never talks to the real cloud unless the command is "run", "check" or
// "rehearse", of which the last two only read, never listens beyond the loopback
// interface, and never decides anything about an instance: that is the handler's,
// here as in the function.
package local

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/fc-renewer/fc-renewer/handler"
	"github.com/fc-renewer/fc-renewer/internal/config"
	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/runner"
)

// Exit codes.
const (
	exitOK      = 0
	exitPartial = 1 // a run has left something that is due unsecured
	exitFailed  = 2 // failed, refused or not understood
)

// commands is the grammar. A new command is a field here and a type with a run
// method.
type commands struct {
	Demo     demo         `cmd:"" default:"withargs" help:"Show the whole job against an emulated cloud. Spends nothing, needs nothing. This is what runs without a command."`
	Emulate  emulate      `cmd:"" help:"Keep the emulated cloud up, for a CLI or an SDK in any language."`
	Run      run          `cmd:"" help:"Do one real run, with your credentials and the settings of the environment."`
	Check    check        `cmd:"" help:"Say what a run would do, and try everything that it would need. Changes nothing."`
	Rehearse rehearse     `cmd:"" help:"Play the coming year with the settings and the fleet, without changing anything."`
	Show     show         `cmd:"" help:"Print a report, the JSON that the function returned, as the table."`
	Version  printVersion `cmd:"" help:"Say which build this is."`
	Policy   policy       `cmd:"" help:"Print the least RAM policy that the settings need."`
	Notify   tell         `cmd:"" help:"Send a sample message to the configured channels."`
}

// An action is what a command does. It gives the exit code; an error is shown
// and means exitFailed.
type action interface {
	run(ctx context.Context, p *program) (int, error)
}

// A program is the command line with everything that it touches.
type program struct {
	handler    *handler.Handler
	stdin      io.Reader
	stdout     io.Writer
	stderr     io.Writer
	executable func() (string, error) // the binary that acts as the function
}

// Main carries out a command and gives the exit code. The first interrupt ends
// what is under way in good order, the second at once.
func Main(args []string, h *handler.Handler) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	p := &program{handler: h, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, executable: os.Executable}
	return p.main(ctx, args)
}

func (p *program) main(ctx context.Context, args []string) int {
	chosen, done, err := p.parse(args)
	switch {
	case done:
		return exitOK
	case err != nil:
		fmt.Fprintln(p.stderr, lang.Say("fc-renewer: %v\nfc-renewer --help tells more.", "fc-renewer：%v\n更多说明见 fc-renewer --help。", err).In(p.language()))
		return exitFailed
	}
	code, err := chosen.run(ctx, p)
	if err != nil {
		if ctx.Err() != nil {
			err = lang.Err("interrupted: %v", "已中断：%v", err)
		}
		fmt.Fprintln(p.stderr, lang.Say("fc-renewer: %v", "fc-renewer：%v", err).In(p.language()))
		return exitFailed
	}
	return code
}

// language is what people are spoken to in: that of RENEW_LANG, as far as it can
// be read.
func (p *program) language() lang.Language {
	l, _ := lang.Parse(p.variable("RENEW_LANG"))
	return l
}

// refused is an error with its kind, as the function gives it.
func refused(kind runner.Kind, err error) error {
	return lang.Err("%s: %v", "%s：%v", string(kind), err)
}

// parse gives the command that args name; done says that they asked for help
// and have it.
func (p *program) parse(args []string) (chosen action, done bool, err error) {
	parser, err := kong.New(&commands{},
		kong.Name("fc-renewer"),
		kong.Description("Renews subscription servers on Alibaba Cloud before they expire. "+
			"Under Function Compute this program is the function; here it is a small command line."),
		kong.Writers(p.stdout, p.stderr),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Exit(func(int) { panic(helped{}) }),
	)
	if err != nil {
		return nil, false, err
	}
	defer func() {
		switch recovered := recover().(type) {
		case nil:
		case helped:
			done = true
		default:
			panic(recovered)
		}
	}()
	if len(args) > 0 && args[0] == "help" {
		args = append(slices.Clone(args[1:]), "--help")
	}
	if len(args) == 1 && args[0] == "--version" {
		args = []string{"version"}
	}
	if err := unknownCommand(parser, args); err != nil {
		return nil, false, err
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return nil, false, err
	}
	chosen, ok := parsed.Selected().Target.Addr().Interface().(action)
	if !ok {
		return nil, false, lang.Err("the command does nothing", "该命令没有任何作用")
	}
	return chosen, false, nil
}

// helped ends the parsing once the help is printed.
type helped struct{}

// unknownCommand finds a first word that is no command, and names the nearest
// one. Left to kong, it would be an argument of the default command.
func unknownCommand(parser *kong.Kong, args []string) error {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		return nil
	}
	var names []string
	for _, command := range parser.Model.Children {
		names = append(names, command.Name)
	}
	if slices.Contains(names, args[0]) {
		return nil
	}
	const slip = 3 // letters; further away it is no guess any more
	nearest, letters := config.Nearest(args[0], names)
	if letters > slip {
		return lang.Err("there is no command %q (there are: %s)", "没有命令 %q（可用命令：%s）", args[0], strings.Join(names, ", "))
	}
	return lang.Err("there is no command %q; the nearest is %s (there are: %s)", "没有命令 %q；最接近的是 %s（可用命令：%s）", args[0], nearest, strings.Join(names, ", "))
}

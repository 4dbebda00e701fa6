package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// startTimeout is how long a program may take until it serves.
const startTimeout = 30 * time.Second

// process is a program that serves.
type process struct {
	address string // host:port
	metrics string // the same of /metrics; empty: none
	startup time.Duration
	command *exec.Cmd
	ended   chan struct{} // closed when it has
	closing func()
}

// start starts the program.
func (p *process) start() error {
	if err := p.command.Start(); err != nil {
		return err
	}
	p.ended = make(chan struct{})
	go func() {
		_ = p.command.Wait() // it ends by being killed, and whoever waits for it to serve says so otherwise
		close(p.ended)
	}()
	return nil
}

func (p *process) pid() int { return p.command.Process.Pid }

// stop ends it at once: nothing that it has is kept.
func (p *process) stop() error {
	if err := p.command.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-p.ended
	if p.closing != nil {
		p.closing()
	}
	return nil
}

// A server that is built with the tag writes a profile into the file that the variable names.
const (
	profileTag      = "latchkey_profile"
	profileVariable = "PROFILE_LATCHKEY"
)

// build builds the server as it is shipped, or with a tag, and returns the program. What is shipped has no paths
// of the machine in it (-trimpath) either, which changes no instruction, but would compile all of it once more.
func build(ctx context.Context, folder, tag string) (string, error) {
	root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	program := filepath.Join(folder, cmp.Or(tag, "latchkey"))
	command := exec.CommandContext(ctx, "go", "build", "-ldflags=-s -w", "-tags="+tag, "-o", program, ".") //nolint:gosec // in a folder of ours
	command.Dir = strings.TrimSpace(string(root))
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the server: %w\n%s", err, out)
	}
	return program, nil
}

// secretKey is that of all servers here, so that replicas share one.
const secretKey = "YSBrZXkgdGhhdCBvcGVucyBub3RoaW5nIG9mIHZhbHU=" //nolint:gosec // of nothing of value

// startServer starts the server on the database of the URL, as an operator would in production but for
// limits of rates, which would end every measurement. It keeps its log in a file, which is part of the
// work of a server.
func (b *bench) startServer(ctx context.Context, database string, settings ...string) (*process, error) {
	return b.startProgram(ctx, b.program, database, settings...)
}

func (b *bench) startProgram(ctx context.Context, program, database string, settings ...string) (*process, error) {
	folder, err := os.MkdirTemp(b.folder, "server-")
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(folder, "log")) //nolint:gosec // in a folder of our own
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	p := &process{command: exec.CommandContext(ctx, program)}
	p.command.Stderr = log
	p.command.Dir = folder
	p.command.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + folder,
		"LATCHKEY_ENV=production", "LATCHKEY_PUBLIC_URL=https://auth.example.com", "LATCHKEY_ALLOWED_HOSTS=127.0.0.1", "LATCHKEY_SECRET_KEY=" + secretKey,
		"LATCHKEY_SMTP_URL=" + b.mailbox.url(), "LATCHKEY_MAIL_FROM=bench@example.com",
		"LATCHKEY_ADDR=127.0.0.1:0", "LATCHKEY_METRICS_ADDR=127.0.0.1:0", "LATCHKEY_LOG_FORMAT=json",
		"LATCHKEY_RATE_LIMITS=off",
	}, settings...)
	for _, name := range []string{"GOMAXPROCS", "GOMEMLIMIT", "GOGC", "GODEBUG"} {
		if value, given := os.LookupEnv(name); given {
			p.command.Env = append(p.command.Env, name+"="+value)
		}
	}
	if path, found := strings.CutPrefix(database, "sqlite:"); found {
		p.command.Env = append(p.command.Env, "LATCHKEY_DATA_DIR="+filepath.Dir(path))
	} else {
		p.command.Env = append(p.command.Env, "DATABASE_URL="+database)
	}

	begun := time.Now()
	if err := p.start(); err != nil {
		return nil, err
	}
	if err := p.awaitServing(log.Name(), begun); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	b.started = append(b.started, p)
	return p, nil
}

// awaitServing reads in the log where the server listens, and asks whether it is healthy.
func (p *process) awaitServing(log string, begun time.Time) error {
	for tick := time.Tick(time.Millisecond); p.address == ""; <-tick {
		text, err := os.ReadFile(log) //nolint:gosec // our own
		if err != nil {
			return err
		}
		for line := range bytes.Lines(text) {
			var entry struct{ Msg, Addr string }
			if json.Unmarshal(line, &entry) != nil {
				continue
			}
			switch entry.Msg {
			case "serving":
				p.address = entry.Addr
			case "metrics":
				p.metrics = entry.Addr
			}
		}
		select {
		case <-p.ended:
			return fmt.Errorf("the server has ended:\n%s", text)
		default:
		}
		if time.Since(begun) > startTimeout {
			return fmt.Errorf("the server does not serve after %v:\n%s", startTimeout, text)
		}
	}
	answer, err := http.Get("http://" + p.address + "/healthz") //nolint:noctx // of a server of ours, which has timeouts
	if err != nil {
		return err
	}
	p.startup = time.Since(begun)
	return answer.Body.Close()
}

// startBare starts a limit (package bare) as a program of its own, which is this one once more.
func (b *bench) startBare(ctx context.Context, kind, database string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{command: exec.CommandContext(ctx, self)} //nolint:gosec // this program
	p.command.Env = append(os.Environ(), bareVariable+"="+kind, bareURLVariable+"="+database)
	p.command.Stderr = os.Stderr
	input, err := p.command.StdinPipe() // at whose end it ends, however this program does
	if err != nil {
		return nil, err
	}
	p.closing = func() { _ = input.Close() }
	output, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start the limit %q: %w", kind, err), p.stop())
	}
	p.address = strings.TrimSpace(line)
	b.started = append(b.started, p)
	return p, nil
}

// usage is what a process has used so far.
type usage struct {
	cpu                  time.Duration
	allocations, heapped float64 // objects and bytes
}

func (u usage) plus(v usage) usage {
	return usage{u.cpu + v.cpu, u.allocations + v.allocations, u.heapped + v.heapped}
}

func (u usage) minus(v usage) usage {
	return usage{u.cpu - v.cpu, u.allocations - v.allocations, u.heapped - v.heapped}
}

// usage reads it from the system and, if the process has metrics, from those.
func (p *process) usage(ctx context.Context) (usage, error) {
	cpu, err := cpuTime(p.pid())
	if err != nil || p.metrics == "" {
		return usage{cpu: cpu}, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.metrics+"/metrics", nil)
	if err != nil {
		return usage{}, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return usage{}, err
	}
	body, err := io.ReadAll(answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return usage{}, err
	}
	value := func(name string) (found float64) {
		for line := range strings.Lines(string(body)) {
			if text, is := strings.CutPrefix(line, name+" "); is {
				found, err = strconv.ParseFloat(strings.TrimSpace(text), 64)
			}
		}
		return found
	}
	u := usage{cpu: cpu, allocations: value("go_memstats_mallocs_total"), heapped: value("go_memstats_alloc_bytes_total")}
	return u, err
}

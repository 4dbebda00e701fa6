package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
)

// mailbox is an SMTP server that takes every mail and keeps none.
type mailbox struct {
	listener net.Listener
	group    sync.WaitGroup
}

func newMailbox(ctx context.Context) (*mailbox, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	m := &mailbox{listener: listener}
	m.group.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // it was closed
			}
			go swallow(conn)
		}
	})
	return m, nil
}

func (m *mailbox) url() string { return "smtp://" + m.listener.Addr().String() }

func (m *mailbox) close() {
	_ = m.listener.Close()
	m.group.Wait()
}

// swallow speaks as much SMTP (RFC 5321) as a sender needs that means well.
func swallow(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	say := func(words string) bool {
		_, err := fmt.Fprintf(conn, "%s\r\n", words)
		return err == nil
	}
	if !say("220 localhost") {
		return
	}
	inMail := false
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		line, answer := lines.Text(), "250 fine"
		verb := strings.ToUpper(line[:min(4, len(line))])
		switch {
		case inMail && line != ".":
			continue
		case inMail:
			inMail = false
		case verb == "DATA":
			inMail, answer = true, "354 go on"
		case verb == "QUIT":
			say("221 bye")
			return
		}
		if !say(answer) {
			return
		}
	}
}

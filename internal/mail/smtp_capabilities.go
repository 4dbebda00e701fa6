package mail

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/wneessen/go-mail/smtp"
)

// greet reads the server's greeting and says EHLO. What the server offers is found in any case: RFC 5321
// (section 2.4) has no case in the words of EHLO, and go-mail looks for capitals.
func greet(ctx context.Context, conn net.Conn, host, helo string) (*smtp.Client, error) {
	client, err := smtp.NewClient(conn, host)
	if err != nil {
		return nil, failed(ctx, "the greeting", err)
	}
	client.Text.R = bufio.NewReader(&upperCaseReader{lines: client.Text.R})
	if err := client.Hello(helo); err != nil {
		return nil, failed(ctx, "EHLO", err)
	}
	return client, nil
}

// startTLS asks for TLS and greets the server anew: nothing that it said before counts any more.
func (s *smtpSender) startTLS(ctx context.Context, conn net.Conn, client *smtp.Client, helo string) (*smtp.Client, error) {
	id, err := client.Text.Cmd("STARTTLS")
	if err == nil {
		client.Text.StartResponse(id)
		_, _, err = client.Text.ReadResponse(220)
		client.Text.EndResponse(id)
	}
	if err != nil {
		return nil, failed(ctx, "STARTTLS", err)
	}
	encrypted := tls.Client(conn, s.tlsConfig())
	if err := encrypted.HandshakeContext(ctx); err != nil {
		return nil, failed(ctx, "STARTTLS", err)
	}
	// The server does not greet again, but a new client waits for it.
	return greet(ctx, &greetedConn{Conn: encrypted, greeting: strings.NewReader("220 \r\n")}, s.server.Host, helo)
}

// greetedConn is a connection on which a greeting comes first.
type greetedConn struct {
	net.Conn
	greeting *strings.Reader
}

func (g *greetedConn) Read(p []byte) (int, error) {
	if g.greeting.Len() > 0 {
		return g.greeting.Read(p)
	}
	return g.Conn.Read(p)
}

// upperCaseReader writes the lines of answers with the code 250 in capitals: those to EHLO have the capabilities, and
// of others the text does not count. AUTH=, as old servers have it, becomes AUTH.
type upperCaseReader struct {
	lines *bufio.Reader
	rest  []byte
}

func (c *upperCaseReader) Read(p []byte) (int, error) {
	if len(c.rest) == 0 {
		line, err := c.lines.ReadSlice('\n')
		if len(line) == 0 {
			return 0, err
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) && !errors.Is(err, io.EOF) {
			return 0, err
		}
		if c.rest = bytes.Clone(line); len(line) > 3 && bytes.HasPrefix(line, []byte("250")) {
			c.rest = bytes.ToUpper(line)
			if bytes.HasPrefix(c.rest[len("250-"):], []byte("AUTH=")) {
				c.rest[len("250-AUTH")] = ' '
			}
		}
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

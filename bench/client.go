package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// exchangeTimeout is how long an answer may take. What takes longer has failed.
const exchangeTimeout = 30 * time.Second

// client sends requests over one connection, one after the other. It is no HTTP library: it reads what
// the servers here write, and costs a tenth of what net/http's client does, because what the load costs
// is missing to the server beside it.
//
// It connects when it is first used: a server hangs up on who connects and says nothing.
type client struct {
	address string
	conn    net.Conn // nil: not yet
	reader  *bufio.Reader
	body    []byte
}

func newClient(address string) *client { return &client{address: address} }

func (c *client) connect(ctx context.Context) error {
	if c.conn != nil {
		return nil
	}
	conn, err := (&net.Dialer{Timeout: exchangeTimeout}).DialContext(ctx, "tcp", c.address)
	if err != nil {
		return err
	}
	c.conn, c.reader = conn, bufio.NewReaderSize(conn, 16<<10)
	return nil
}

func (c *client) close() {
	if c.conn != nil {
		_ = c.conn.Close()
	}
}

// do sends a request and returns the answer, whose body is good until the next call.
func (c *client) do(ctx context.Context, request []byte) (status int, body []byte, err error) {
	if err := c.connect(ctx); err != nil {
		return 0, nil, err
	}
	if err := c.conn.SetDeadline(time.Now().Add(exchangeTimeout)); err != nil {
		return 0, nil, err
	}
	if _, err := c.conn.Write(request); err != nil {
		return 0, nil, err
	}
	status, length, err := c.readHead()
	if err != nil {
		return 0, nil, err
	}
	if cap(c.body) < length {
		c.body = make([]byte, length)
	}
	c.body = c.body[:length]
	_, err = io.ReadFull(c.reader, c.body)
	return status, c.body, err
}

var (
	contentLength = []byte("content-length:")
	crlf          = []byte("\r\n")
)

func (c *client) readHead() (status, length int, err error) {
	line, err := c.reader.ReadSlice('\n')
	if err != nil {
		return 0, 0, err
	}
	if len(line) < len("HTTP/1.1 200") || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return 0, 0, errors.New("the answer is not HTTP/1.1")
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, 0, fmt.Errorf("the answer has no status: %w", err)
	}
	length = -1
	for {
		if line, err = c.reader.ReadSlice('\n'); err != nil {
			return 0, 0, err
		}
		if bytes.Equal(line, crlf) {
			break
		}
		if len(line) > len(contentLength) && bytes.EqualFold(line[:len(contentLength)], contentLength) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(line[len(contentLength):]))); err != nil {
				return 0, 0, fmt.Errorf("the answer has no length: %w", err)
			}
		}
	}
	if length < 0 {
		return 0, 0, errors.New("the answer has no Content-Length")
	}
	return status, length, nil
}

// post is a request with a JSON body. Headers are whole lines.
func post(buffer []byte, path, body string, headers ...string) []byte {
	buffer = append(buffer[:0], "POST "...)
	buffer = append(buffer, path...)
	buffer = append(buffer, " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: "...)
	buffer = strconv.AppendInt(buffer, int64(len(body)), 10)
	buffer = append(buffer, crlf...)
	for _, header := range headers {
		buffer = append(buffer, header...)
		buffer = append(buffer, crlf...)
	}
	buffer = append(buffer, crlf...)
	return append(buffer, body...)
}

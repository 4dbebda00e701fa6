package smtptest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"net/textproto"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// Message is a mail that the server took.
type Message struct {
	EnvelopeFrom string
	EnvelopeTo   []string
	TLS          bool   // whether it came over TLS
	User         string // who was logged in; empty: no one
	Helo         string // what the client called itself
	UTF8         bool   // whether the client asked for SMTPUTF8

	Header  netmail.Header
	From    string // decoded, with the display name
	To      string // the bare address
	Subject string // decoded
	Text    string // decoded, lines ending in LF
	HTML    string // likewise
	Raw     []byte // as it came, without the dots of SMTP
}

// link finds the first link of a text.
var link = regexp.MustCompile(`https?://[^\s<>"]+`)

// Link returns the first link of the text part, or "" if there is none.
func (m *Message) Link() string { return link.FindString(m.Text) }

// Token returns the token of that link, its query parameter "token", or "".
func (m *Message) Token() string {
	u, err := url.Parse(m.Link())
	if err != nil {
		return ""
	}
	return u.Query().Get("token")
}

// Messages returns the mails that have come, the oldest first.
func (s *Server) Messages() []*Message {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.messages)
}

// Wait returns the mails as soon as there are n of them, or ctx's error.
func (s *Server) Wait(ctx context.Context, n int) ([]*Message, error) {
	for {
		s.mutex.Lock()
		messages, arrived := slices.Clone(s.messages), s.arrived
		s.mutex.Unlock()
		if len(messages) >= n {
			return messages, nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return messages, fmt.Errorf("wait for %d mails, got %d: %w", n, len(messages), ctx.Err())
		}
	}
}

// WaitFor returns the n-th mail, counted from 1, and ends the test if it does not come in 30 s.
func (s *Server) WaitFor(t testing.TB, n int) *Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	messages, err := s.Wait(ctx, n)
	if err != nil {
		t.Fatal(err)
	}
	return messages[n-1]
}

func (s *Server) take(m *Message) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.messages = append(s.messages, m)
	close(s.arrived)
	s.arrived = make(chan struct{})
}

// Parse reads a mail of RFC 5322, such as a file that the program wrote.
func Parse(raw []byte) (*Message, error) {
	parsed, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	m := &Message{Header: parsed.Header, Raw: raw}
	if m.Subject, err = new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject")); err != nil {
		return nil, err
	}
	from, err := netmail.ParseAddress(parsed.Header.Get("From"))
	if err != nil {
		return nil, err
	}
	to, err := netmail.ParseAddress(parsed.Header.Get("To"))
	if err != nil {
		return nil, err
	}
	m.From, m.To = from.Address, to.Address
	if from.Name != "" {
		m.From = from.Name + " <" + from.Address + ">"
	}
	return m, m.addPart(textproto.MIMEHeader(parsed.Header), parsed.Body)
}

// addPart reads a body and keeps it, or the parts it is made of.
func (m *Message) addPart(header textproto.MIMEHeader, body io.Reader) error {
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return err
	}
	if strings.HasPrefix(kind, "multipart/") {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			part, err := parts.NextRawPart()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			if err := m.addPart(part.Header, part); err != nil {
				return err
			}
		}
	}

	if strings.EqualFold(header.Get("Content-Transfer-Encoding"), "quoted-printable") {
		body = quotedprintable.NewReader(body)
	}
	content, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	text := strings.ReplaceAll(string(content), "\r\n", "\n")
	switch kind {
	case "text/plain":
		m.Text = text
	case "text/html":
		m.HTML = text
	default:
		return fmt.Errorf("a part of the type %s", kind)
	}
	return nil
}

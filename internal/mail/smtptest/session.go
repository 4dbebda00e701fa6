package smtptest

import (
	"io"
	"slices"
	"sync"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// FailNext makes the server answer the recipients of the next n mails with a code, quoting the
// address as rude servers do.
func (s *Server) FailNext(n, code int) { s.fail(n, failure{code: code}) }

// FailNextContent makes the server take the next n mails to their end and then answer with a code,
// quoting the link in them.
func (s *Server) FailNextContent(n, code int) { s.fail(n, failure{code: code, content: true}) }

func (s *Server) fail(n int, f failure) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for range n {
		s.failures = append(s.failures, f)
	}
}

// nextFailure takes a failure of the kind from the list, if it is the next one.
func (s *Server) nextFailure(content bool) (code int, fails bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if len(s.failures) == 0 || s.failures[0].content != content {
		return 0, false
	}
	code = s.failures[0].code
	s.failures = s.failures[1:]
	return code, true
}

// Hang is a silence of the server.
type Hang struct {
	// Reached is closed when the first client is waiting for its answer.
	Reached chan struct{}

	over  chan struct{}
	reach sync.Once
	end   sync.Once
}

// Release ends the silence; who is waiting gets an answer.
func (h *Hang) Release() { h.end.Do(func() { close(h.over) }) }

// Hang makes the server fall silent when it has got the content of a mail, until Release or Close.
func (s *Server) Hang() *Hang {
	h := &Hang{Reached: make(chan struct{}), over: make(chan struct{})}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.hang = h
	return h
}

func (h *Hang) wait() {
	select {
	case <-h.over:
	default:
		h.reach.Do(func() { close(h.Reached) })
		<-h.over
	}
}

// session is a connection of a client.
type session struct {
	server *Server
	conn   *smtp.Conn
	user   string // who logged in
	from   string
	to     []string
	utf8   bool
}

func (s *Server) newSession(conn *smtp.Conn) (smtp.Session, error) {
	return &session{server: s, conn: conn}, nil
}

// AuthMechanisms implements smtp.AuthSession.
func (s *session) AuthMechanisms() []string {
	return slices.Concat(s.server.options.unknown, s.server.options.mechanisms)
}

// Auth implements smtp.AuthSession.
func (s *session) Auth(mechanism string) (sasl.Server, error) {
	o := s.server.options
	if !slices.Contains(o.mechanisms, mechanism) {
		return nil, smtp.ErrAuthUnknownMechanism
	}
	check := func(user string, right bool) error {
		if user != o.user || !right {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "wrong password for " + user}
		}
		s.user = user
		return nil
	}
	switch mechanism {
	case "PLAIN":
		return sasl.NewPlainServer(func(_, user, password string) error {
			return check(user, password == o.password)
		}), nil
	case "LOGIN":
		return &loginServer{check: func(user, password string) error {
			return check(user, password == o.password)
		}}, nil
	case "SCRAM-SHA-256":
		return &scramServer{password: o.password, check: check}, nil
	case "CRAM-MD5":
		return &cramServer{password: o.password, check: check}, nil
	default:
		return nil, smtp.ErrAuthUnknownMechanism
	}
}

// Mail implements smtp.Session.
func (s *session) Mail(from string, opts *smtp.MailOptions) error {
	if s.server.options.user != "" && s.user == "" {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "log in first"}
	}
	s.from, s.utf8 = from, opts.UTF8
	return nil
}

// Rcpt implements smtp.Session.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if code, fails := s.server.nextFailure(false); fails {
		return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 1, 1}, Message: "<" + to + "> is not wanted here"}
	}
	s.to = append(s.to, to)
	return nil
}

// Data implements smtp.Session.
func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m, err := Parse(raw)
	if err != nil {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "not a mail: " + err.Error()}
	}
	if code, fails := s.server.nextFailure(true); fails {
		return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 7, 1}, Message: "do not like " + m.Link()}
	}

	s.server.mutex.Lock()
	hang := s.server.hang
	s.server.mutex.Unlock()
	if hang != nil {
		hang.wait()
	}

	_, m.TLS = s.conn.TLSConnectionState()
	m.EnvelopeFrom, m.EnvelopeTo, m.User, m.Helo, m.UTF8 = s.from, s.to, s.user, s.conn.Hostname(), s.utf8
	s.server.take(m)
	return nil
}

// Reset implements smtp.Session.
func (s *session) Reset() { s.from, s.to, s.utf8 = "", nil, false }

// Logout implements smtp.Session.
func (s *session) Logout() error { return nil }

package smtptest

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // what CRAM-MD5 is made of
	"encoding/hex"
	"strings"
)

// loginServer is the server's side of LOGIN, which never became a standard.
type loginServer struct {
	check func(user, password string) error
	asked int
	user  string
}

// Next implements sasl.Server.
func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	l.asked++
	switch l.asked {
	case 1:
		return []byte("Username:"), false, nil
	case 2:
		l.user = string(response)
		return []byte("Password:"), false, nil
	default:
		return nil, true, l.check(l.user, string(response))
	}
}

// cramChallenge never changes: nobody replays anything in a test.
const cramChallenge = "<1896.697170952@localhost>"

// cramServer is the server's side of CRAM-MD5, RFC 2195.
type cramServer struct {
	password string
	check    func(user string, right bool) error
	asked    bool
}

// Next implements sasl.Server.
func (c *cramServer) Next(response []byte) (challenge []byte, done bool, err error) {
	if !c.asked {
		c.asked = true
		return []byte(cramChallenge), false, nil
	}
	user, sum, _ := strings.Cut(string(response), " ")
	mac := hmac.New(md5.New, []byte(c.password))
	mac.Write([]byte(cramChallenge))
	return nil, true, c.check(user, hmac.Equal([]byte(sum), []byte(hex.EncodeToString(mac.Sum(nil)))))
}

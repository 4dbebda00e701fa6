package smtptest

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // what CRAM-MD5 is made of
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
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

// cramChallenge never changes: tests replay nothing.
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
	user, digest, _ := strings.Cut(string(response), " ")
	mac := hmac.New(md5.New, []byte(c.password))
	mac.Write([]byte(cramChallenge))
	return nil, true, c.check(user, hmac.Equal([]byte(digest), []byte(hex.EncodeToString(mac.Sum(nil)))))
}

// What a real server draws at random, SCRAM has in plain sight; so here it is always the same.
const (
	scramNonce  = "3rfcNHYJY1ZVvWVs7j"
	scramSalt   = "0123456789abcdef"
	scramRounds = 4096
)

// scramServer is the server's side of SCRAM-SHA-256 without channel binding, RFC 5802 and 7677.
type scramServer struct {
	password string
	check    func(user string, right bool) error
	step     int
	user     string
	first    string // client-first-message-bare and server-first-message, as they are signed
}

// Next implements sasl.Server.
func (s *scramServer) Next(response []byte) (challenge []byte, done bool, err error) {
	if s.step == 0 && len(response) == 0 {
		return nil, false, nil // the client waits to be asked
	}
	s.step++
	switch s.step {
	case 1:
		bare, ok := strings.CutPrefix(string(response), "n,,")
		name, nonce, found := strings.Cut(bare, ",r=")
		if !ok || !found {
			return nil, true, errors.New("not a first message of SCRAM")
		}
		s.user = strings.NewReplacer("=2C", ",", "=3D", "=").Replace(strings.TrimPrefix(name, "n="))
		first := fmt.Sprintf("r=%s%s,s=%s,i=%d", nonce, scramNonce, base64.StdEncoding.EncodeToString([]byte(scramSalt)), scramRounds)
		s.first = bare + "," + first
		return []byte(first), false, nil
	case 2:
		final, proof, _ := strings.Cut(string(response), ",p=")
		salted, err := pbkdf2.Key(sha256.New, s.password, []byte(scramSalt), scramRounds, sha256.Size)
		if err != nil {
			return nil, true, err
		}
		signed := s.first + "," + final
		clientKey := sum(salted, "Client Key")
		stored := sha256.Sum256(clientKey)
		want := sum(stored[:], signed)
		for i := range want {
			want[i] ^= clientKey[i]
		}
		if err := s.check(s.user, proof == base64.StdEncoding.EncodeToString(want)); err != nil {
			return nil, true, err
		}
		signature := sum(sum(salted, "Server Key"), signed)
		return []byte("v=" + base64.StdEncoding.EncodeToString(signature)), false, nil
	default:
		return nil, true, nil
	}
}

// sum is the HMAC of a text.
func sum(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

package secret

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // RFC 6238 with SHA-1 is what authenticator apps know; HMAC does not need collision resistance
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// TOTPPeriod is how long each code of an authenticator app is the current one.
const TOTPPeriod = 30 * time.Second

const (
	totpBytes  = 20 // of a secret: 160 bits, the length of SHA-1 (RFC 4226 section 4, R6)
	totpDigits = 6
	totpMaxRaw = 64 // bytes of a code as it was typed
	// totpSkew is how many steps a clock may be off, before or after (RFC 6238 section 5.2).
	totpSkew = 1
)

// ErrTOTPSecret is returned for what is not the secret of an authenticator app.
var ErrTOTPSecret = errors.New("malformed secret of an authenticator app")

var totpBase32 = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewTOTPSecret returns a new secret for an authenticator app: 160 random bits in base32, as people type it.
func NewTOTPSecret() Text {
	var bits [totpBytes]byte
	_, _ = rand.Read(bits[:]) // never fails: it ends the program instead
	return Text(totpBase32.EncodeToString(bits[:]))
}

// ReadTOTPSecret returns a secret of an authenticator app that another system made as NewTOTPSecret writes one. Case, spaces, dashes
// and padding make no difference. ErrTOTPSecret if it has less than 80 bits or more than 512, or is no base32.
func ReadTOTPSecret(raw Text) (Text, error) {
	const shortest, longest = 10, 64 // bytes
	if len(raw) > 4*longest {
		return "", ErrTOTPSecret
	}
	letters := strings.TrimRight(strings.Map(codeLetter, string(raw)), "=")
	key, err := totpBase32.DecodeString(letters)
	if err != nil || len(key) < shortest || len(key) > longest {
		return "", ErrTOTPSecret
	}
	return Text(totpBase32.EncodeToString(key)), nil
}

// TOTPStep returns the number of the period that a time is in, counted from 1970.
func TOTPStep(at time.Time) int64 { return at.Unix() / int64(TOTPPeriod/time.Second) }

// TOTPCode returns the code of a secret in a step (RFC 6238, HMAC-SHA-1, six digits).
func TOTPCode(secret Text, step int64) (Text, error) {
	key, err := totpBase32.DecodeString(string(secret))
	if err != nil || len(key) == 0 {
		return "", ErrTOTPSecret
	}
	return hotp(key, step, totpDigits), nil
}

// hotp is RFC 4226 section 5.3.
func hotp(key []byte, counter int64, digits int) Text {
	mac := hmac.New(sha1.New, key)
	// hash.Hash never returns an error.
	_ = binary.Write(mac, binary.BigEndian, counter)
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0xf
	number := binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff
	code := fmt.Sprintf("%010d", number)
	return Text(code[len(code)-digits:])
}

// MatchTOTP compares what somebody typed with the codes of a secret around a time, and returns the step of the
// code that it is. Whoever calls it accepts each step once: a code works until the second after its period
// ends. It is the same work whether a code is right or not.
func MatchTOTP(secret, typed Text, at time.Time) (step int64, ok bool) {
	code, readable := readTOTPCode(typed)
	now := TOTPStep(at)
	for candidate := now - totpSkew; candidate <= now+totpSkew; candidate++ {
		want, err := TOTPCode(secret, candidate)
		if err != nil {
			return 0, false
		}
		if hmac.Equal([]byte(want), []byte(code)) {
			step, ok = candidate, readable
		}
	}
	return step, ok
}

// readTOTPCode returns the six digits that somebody typed, without the spaces and dashes that may stand between
// them, and false if that is not what was typed.
func readTOTPCode(typed Text) (code Text, ok bool) {
	if len(typed) > totpMaxRaw {
		return "", false
	}
	digits := strings.Map(codeLetter, string(typed))
	if len(digits) != totpDigits || strings.Trim(digits, "0123456789") != "" {
		return "", false
	}
	return Text(digits), true
}

// SameTOTPSecret reports whether two secrets are the same one, in the same time whether they are or not.
func SameTOTPSecret(a, b Text) bool { return hmac.Equal([]byte(a), []byte(b)) }

// TOTPURI returns the secret as authenticator apps read it from a QR code. It names the service and the account
// to the person who has several of them.
func TOTPURI(secret Text, service, account string) Text {
	service = strings.ReplaceAll(service, ":", " ") // which ends the name of the service
	part := func(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }
	return Text(fmt.Sprintf("otpauth://totp/%s:%s?secret=%s&issuer=%s&algorithm=SHA1&digits=%d&period=%d",
		part(service), part(account), string(secret), part(service), totpDigits, int(TOTPPeriod/time.Second)))
}

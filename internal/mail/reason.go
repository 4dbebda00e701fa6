package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"regexp"
	"strings"
	"syscall"
	"unicode/utf8"
)

// failed says at which step sending failed, and why in words that quote no one: an answer is reduced to
// its codes, an error of the network or of TLS to its kind.
func failed(ctx context.Context, step string, err error) error {
	return fmt.Errorf("%s: %s", step, explain(ctx, err))
}

// refused is failed for a step at which an answer is about the mail: a 5xx is permanent, a 4xx a
// refusal for now. Those that ask for a login are neither: they are about the operator's settings (RFC 4954,
// section 6). Nor is 421, by which a server says that it is going away (RFC 5321, section 3.8).
func refused(ctx context.Context, step string, err error) error {
	var answer *textproto.Error
	if !errors.As(err, &answer) {
		return failed(ctx, step, err)
	}
	switch code := answer.Code; {
	case code == 421, code == 530, code == 534, code == 535, code == 538:
		return failed(ctx, step, err)
	case code < 500:
		return &RefusedError{Reason: failed(ctx, step, err).Error()}
	default:
		return &PermanentError{Reason: failed(ctx, step, err).Error()}
	}
}

func explain(ctx context.Context, err error) string {
	var (
		answer    *textproto.Error
		unknownCA x509.UnknownAuthorityError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
		verify    *tls.CertificateVerificationError
		alert     tls.AlertError
		record    tls.RecordHeaderError
		dns       *net.DNSError
		errno     syscall.Errno
		network   net.Error
	)
	switch {
	case errors.As(err, &answer):
		return "the mail server answered " + answerCodes(answer)
	case errors.Is(ctx.Err(), context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return "the mail server took too long"
	case ctx.Err() != nil:
		return "it was interrupted"
	case errors.As(err, &unknownCA):
		return "the certificate of the mail server is from nobody that is trusted here"
	case errors.As(err, &hostname):
		return "the certificate of the mail server is for another host"
	case errors.As(err, &invalid), errors.As(err, &verify):
		return "the certificate of the mail server is not valid"
	case errors.As(err, &alert), errors.As(err, &record):
		return "the mail server does not speak TLS as it should"
	case errors.As(err, &dns):
		return "the mail server's name could not be looked up"
	case errors.As(err, &errno):
		return errno.Error()
	case errors.As(err, &network) && network.Timeout():
		return "the mail server took too long"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return "the mail server closed the connection"
	default:
		return "the mail server did not behave as expected"
	}
}

// enhancedCode is the code that RFC 2034 puts at the start of an answer's text.
var enhancedCode = regexp.MustCompile(`^[245]\.([0-9])\.[0-9]{1,3}\b`)

// subjects are what the second number of an enhanced code stands for: RFC 3463, section 4.
var subjects = map[string]string{
	"1": "address", "2": "mailbox", "3": "mail system", "4": "network and routing",
	"5": "protocol", "6": "content", "7": "security or policy",
}

// answerCodes is all that is kept of a server's answer; its text may quote the address or the mail.
func answerCodes(answer *textproto.Error) string {
	found := enhancedCode.FindStringSubmatch(answer.Msg)
	if found == nil {
		return fmt.Sprintf("%d", answer.Code)
	}
	if subject, ok := subjects[found[1]]; ok {
		return fmt.Sprintf("%d %s (%s)", answer.Code, found[0], subject)
	}
	return fmt.Sprintf("%d %s", answer.Code, found[0])
}

// maxReason is how many letters of a reason are kept.
const maxReason = 200

// telling finds words that could be an address, a link or a token.
var telling = regexp.MustCompile(`\S*(?:@|://)\S*|lk_\S*|[A-Za-z0-9_~.+/=-]{32,}`)

// reason makes of an error what may be stored and logged, wherever the error came from.
func reason(err error) string {
	text := strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if isControl(r) {
			return ' '
		}
		return r
	}, err.Error())), " ")
	text = telling.ReplaceAllString(text, "…")
	if utf8.RuneCountInString(text) > maxReason {
		text = string([]rune(text)[:maxReason-1]) + "…"
	}
	return text
}

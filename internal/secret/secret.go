// Package secret is everything cryptographic: passwords and their hashes, tokens and their
// digests. It and foreign, below it, are the only packages that import golang.org/x/crypto, and they know nothing of users.
package secret

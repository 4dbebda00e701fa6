// Package secret is everything cryptographic: passwords and their hashes, tokens and their
// digests. It is the only package that imports golang.org/x/crypto, and it knows nothing of users.
package secret

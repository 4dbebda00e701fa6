package secret

import (
	"slices"
	"sync"
	"sync/atomic"
	_ "unsafe" // for go:linkname

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/blake2b"
)

// workspaces makes argon2id hashes in memory that is kept from one to the next. argon2.IDKey allocates
// its memory anew for each hash, 19 MiB by default: several times a second that is to be brought in from
// the system, cleared and collected, for which a third of the time of a server that hashes went. Each hash
// that is made at once has a workspace of its own. It is safe for concurrent use.
type workspaces struct {
	blocks uint32 // of each that is kept

	mu     sync.Mutex
	idle   [][]block // cleared, the last used at the end
	unused int       // so many of idle, from its beginning, nobody has needed since trim

	dropped atomic.Bool // since trim: one that was too large to be kept
}

// block is a block of argon2: 1 KiB.
type block [128]uint64

// derive returns what argon2.IDKey returns. Nothing of the password or the hash is left in the memory
// that is kept.
func (w *workspaces) derive(password, salt []byte, p Params, length uint32) []byte {
	threads := uint32(p.Parallelism)
	memory := p.MemoryKiB / (4 * threads) * (4 * threads) // RFC 9106, 3.2: four slices for each lane

	space := w.take(memory)
	blocks := space[:memory]
	start := initHash(password, salt, nil, nil, p.Passes, p.MemoryKiB, threads, length, argon2id)
	// Asked for no more than the two blocks that each lane begins with, it allocates no more.
	first := initBlocks(&start, 2*threads, threads)
	for lane := range threads {
		copy(blocks[lane*(memory/threads):], first[2*lane:2*lane+2])
	}
	processBlocks(blocks, p.Passes, memory, threads, argon2id)
	sum := extractKey(blocks, memory, threads, length)
	clear(first)
	clear(start[:]) // with it a guess of the password costs next to nothing
	clear(blocks)   // argon2 begins with zeros
	w.give(space)
	return sum
}

// take returns a workspace of at least so many blocks, all zero.
func (w *workspaces) take(blocks uint32) []block {
	if blocks > w.blocks { // an old hash that was dearer than new ones are
		return make([]block, blocks)
	}
	if space := w.takeIdle(); space != nil {
		return space
	}
	return make([]block, w.blocks) // not under the lock: memory has to be cleared first
}

// takeIdle returns a workspace that is kept, or nil if there is none.
func (w *workspaces) takeIdle() []block {
	w.mu.Lock()
	defer w.mu.Unlock()
	last := len(w.idle) - 1
	if last < 0 {
		return nil
	}
	space := w.idle[last]
	w.idle[last] = nil
	w.idle = w.idle[:last]
	w.unused = min(w.unused, last)
	return space
}

// give keeps a workspace that was cleared for the next hash, unless it is larger than that will need.
func (w *workspaces) give(space []block) {
	if len(space) > int(w.blocks) {
		w.dropped.Store(true)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.idle = append(w.idle, space)
}

// trim forgets the workspaces that no hash has needed since it was called last, and reports whether there
// were any, or one that was too large to be kept.
func (w *workspaces) trim() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	some := w.unused > 0
	w.idle = slices.Delete(w.idle, 0, w.unused)
	w.unused = len(w.idle)
	return w.dropped.Swap(false) || some
}

// release forgets the workspaces that no hash is made in.
func (w *workspaces) release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.idle, w.unused = nil, 0
}

// WithFreshMemory makes each hash by argon2.IDKey, in memory of its own.
func WithFreshMemory() Option {
	return func(h *Hasher) error {
		h.derive = func(password, salt []byte, p Params, length uint32) []byte {
			return argon2.IDKey(password, salt, p.Passes, p.MemoryKiB, p.Parallelism, length)
		}
		return nil
	}
}

// argon2id is the number of that variant (RFC 9106, 3.2).
const argon2id = 2

// These are the four steps of argon2.IDKey, which takes them on memory that it allocates (golang/go#36634
// asks for a way to hand it some). A version of the library in which one is called otherwise is not
// linked, and where one does something else TestHashesAreThoseOfTheLibrary fails. The version is pinned.

//go:linkname initHash golang.org/x/crypto/argon2.initHash
func initHash(password, salt, key, data []byte, time, memory, threads, keyLen uint32, mode int) [blake2b.Size + 8]byte

//go:linkname initBlocks golang.org/x/crypto/argon2.initBlocks
func initBlocks(h0 *[blake2b.Size + 8]byte, memory, threads uint32) []block

//go:linkname processBlocks golang.org/x/crypto/argon2.processBlocks
func processBlocks(blocks []block, time, memory, threads uint32, mode int)

//go:linkname extractKey golang.org/x/crypto/argon2.extractKey
func extractKey(blocks []block, memory, threads, keyLen uint32) []byte

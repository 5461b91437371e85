// Command ctlog is a certificate transparency log on loopback: the tesseract library with files as
// its storage, and no other options than a test needs.
package main

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"flag"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/transparency-dev/tessera"
	files "github.com/transparency-dev/tessera/storage/posix"
	"github.com/transparency-dev/tesseract"
	"github.com/transparency-dev/tesseract/storage"
	"github.com/transparency-dev/tesseract/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

const (
	deadline          = 10 * time.Second
	batchAge          = 50 * time.Millisecond
	checkpointEvery   = 100 * time.Millisecond
	awaitEvery        = 50 * time.Millisecond
	maxChainBytes     = 1 << 20
	codeSigning       = "CodeSigning"
	unlimitedRepeats  = -1
	entriesInOneBatch = 16
)

func main() {
	listen := flag.String("listen", "", "host and port")
	origin := flag.String("origin", "", "name of the log")
	keyFile := flag.String("key", "", "PKCS #8 file of the log's P-256 key")
	roots := flag.String("roots", "", "PEM file of the roots that the log accepts")
	directory := flag.String("storage", "", "empty directory for the log")
	flag.Parse()
	if err := serve(*listen, *origin, *keyFile, *roots, *directory); err != nil {
		log.Fatal(err)
	}
}

func serve(listen, origin, keyFile, roots, directory string) error {
	ctx := context.Background()
	key, err := readKey(keyFile)
	if err != nil {
		return err
	}
	handler, err := tesseract.NewLogHandler(
		ctx, origin, key,
		tesseract.ChainValidationConfig{RootsPEMFile: roots, ExtKeyUsages: codeSigning},
		func(ctx context.Context, signer note.Signer) (*storage.CTStorage, error) {
			return open(ctx, directory, signer)
		},
		deadline, false, "",
		tesseract.LogHandlerOpts{DedupRL: unlimitedRepeats, MaxCertChainBytes: maxChainBytes},
	)
	if err != nil {
		return err
	}
	server := http.Server{Addr: listen, Handler: handler, ReadHeaderTimeout: deadline}
	return server.ListenAndServe()
}

func open(ctx context.Context, directory string, signer note.Signer) (*storage.CTStorage, error) {
	driver, err := files.New(ctx, files.Config{Path: directory})
	if err != nil {
		return nil, err
	}
	options := tessera.NewAppendOptions().
		WithCheckpointSigner(signer).
		WithCTLayout().
		WithCheckpointInterval(checkpointEvery).
		WithBatching(entriesInOneBatch, batchAge)
	appender, _, reader, err := tessera.NewAppender(ctx, driver, options)
	if err != nil {
		return nil, err
	}
	issuers, err := posix.NewIssuerStorage(ctx, directory)
	if err != nil {
		return nil, err
	}
	return storage.NewCTStorage(ctx, &storage.CTStorageOptions{
		Appender:            appender,
		Reader:              reader,
		IssuerStorage:       issuers,
		AwaiterPollInterval: awaitEvery,
		EnablePubAwaiter:    true,
	})
}

func readKey(path string) (crypto.Signer, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("the key file is not PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, errors.New("the key cannot sign")
	}
	return signer, nil
}

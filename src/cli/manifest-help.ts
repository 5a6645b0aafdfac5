import { PRIVATE_KEY_FILE } from './keys.js'
import { READERS_HELP } from './release-flags.js'
import { SIGN_HELP } from './sign-command.js'

/** After the help of `otaseal manifest`. */
export const MANIFEST_HELP = `
A release as a manifest, a signed and encrypted list of its files, and one encrypted object for each content. Objects of files that
don't change are used again: they are neither uploaded nor fetched anew.

Examples:
  $ otaseal manifest create dist --app com.example.app --bundle-version 1.4.0 --compress br,gzip
  $ otaseal manifest apply https://example.com/dist.manifest.otaseal --objects https://example.com/objects -o app \\
      --key .otaseal_key.pub --app com.example.app
  $ otaseal manifest help create
`

/** After the help of `otaseal manifest create`. */
export const CREATE_HELP: string = `
Upload the new objects first, then MANIFEST.objects.json, and the manifest last; they are written in this order. The object list names the
objects of the release, for servers, which can't read the manifest, and for \`otaseal manifest gc\`; the manifest holds its digest.

Each file becomes an object under a key of its own, but for those whose content the --previous release has: the objects of these are not
made anew, and need not be here. The --previous may be what -o names, with --force. Its signature must count today, and it must be for
the same app; where it is for another channel, its signature must count for this --channel too. That it has expired is no matter. After a
signer was removed, leave --previous out once.

Mode bits, times and empty folders are not kept. Links, special files, names that some system can't have, and private keys in PEM or JWK, or
named as keygen names them, are refused.

Keys: --key wins over OTASEAL_PRIVATE_KEY (PEM or JWK, also where newlines were lost), which wins over ${PRIVATE_KEY_FILE}.
Of encrypted keys, all with one passphrase: --passphrase-file wins over OTASEAL_PASSPHRASE, which wins over asking for it.
${SIGN_HELP}
${READERS_HELP}
The --previous is checked by --trust; left out, by the --root, else by KEY.pub of each --key and the --sign-key, else by OTASEAL_PUBLIC_KEY. It is
opened by --previous-reader or OTASEAL_READER_SECRET, and by the secrets among --reader; public keys of readers can't open it.

Examples:
  $ otaseal manifest create dist --app com.example.app --bundle-version 1.4.0 --compress br,gzip
  $ otaseal manifest create dist --app com.example.app --bundle-version 1.4.1 --previous dist.manifest.otaseal --force
  $ otaseal manifest create dist --app com.example.app --bundle-version 1.4.1 --reader devices.pub --reader me.pub \\
      --previous 1.4.0.otaseal --previous-reader me -o 1.4.1.otaseal --objects public/objects
`

/** After the help of `otaseal manifest plan`. */
export const PLAN_HELP = `
Nothing is fetched and nothing written. Without --have and --have-manifest, what a device without any release would fetch. The plan goes by
the SHA-256 of files; --json lists them. --have may be a folder that \`otaseal manifest apply\` has written, too. An older manifest may have expired; one that is below minSequence of a trust store is refused.

Examples:
  $ otaseal manifest plan dist.manifest.otaseal --key .otaseal_key.pub --app com.example.app --have-manifest 1.3.0.otaseal
  $ otaseal manifest plan https://example.com/dist.manifest.otaseal --key trust.json --app com.example.app --have app --json
`

/** After the help of `otaseal manifest apply`. */
export const APPLY_HELP = `
The files are put together in a folder of their own below FOLDER, out of what is there and what must be fetched, and each is checked.
Only when exactly the signed files are there does the release become the installed one, in one step: until then, and whatever happens,
the one before stays as it is. What was interrupted goes on when it is run again.

The sequence must be above that of the installed release, and above --last-sequence; the installed release itself is no failure: where files
of it are missing or cut, they are put in place again. Another --channel than the installed one has a sequence of its own; without --channel
one sequence counts for all. --allow-rollback is for the way out of a sequence that was published too high, say; minSequence of a trust store
holds all the same.

Examples:
  $ otaseal manifest apply dist.manifest.otaseal --objects objects -o app --key .otaseal_key.pub --app com.example.app
  $ otaseal manifest apply https://example.com/dist.manifest.otaseal --objects https://example.com/objects -o app \\
      --key trust.json --app com.example.app --channel production --json
`

/** After the help of `otaseal manifest verify`. */
export const VERIFY_HELP = `
Writes nothing. What is missing, damaged or too much is listed, and the exit code is 1. With --objects each object must be there and be, to its
last byte, the one that was signed. With --folder the folder must hold the files of the release, by SHA-256, and no others; of a folder that
\`otaseal manifest apply\` has written, the installed release is looked at.

With --object-list, which needs no reader's key, the manifest itself is not decrypted: its signature and the digest of the list are checked, and with
--objects its objects as well. That is what a server can do.

Examples:
  $ otaseal manifest verify dist.manifest.otaseal --key .otaseal_key.pub --app com.example.app --objects objects --folder dist
  $ otaseal manifest verify dist.manifest.otaseal --key trust.json --app com.example.app --objects https://example.com/objects --json
  $ otaseal manifest verify m.otaseal --key trust.json --app com.example.app --object-list m.otaseal.objects.json --objects objects
`

/** After the help of `otaseal manifest gc`. */
export const GC_HELP = `
Name every manifest that devices may still fetch, and the one that the next release will name as --previous: objects that none of them lists
are unused. Beside each manifest its object list must lie, as \`otaseal manifest create\` writes it: MANIFEST.objects.json. Either of the two
may be named. A trusted key must have signed the manifest, and the list must have the digest in it; no reader's key is needed. Apps and channels
are not checked, and expired manifests count, so that folders may be shared.

Without --delete unused objects are only listed. With it they are deleted, but never what is younger than --min-age, since a release may be in the
making; nothing that is not an object of its name, by its content; and nothing at all where a manifest or list can't be read or isn't
verified, where the manifests list no object, or where an object of a manifest is missing, since then this may be another folder.

Examples:
  $ otaseal manifest gc 1.3.0.otaseal 1.4.0.otaseal --objects objects --key .otaseal_key.pub
  $ otaseal manifest gc releases/*.objects.json --objects objects --key trust.json --min-age 604800 --delete
`

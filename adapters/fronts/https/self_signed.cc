// SPDX-License-Identifier: Apache-2.0
#include <absl/strings/str_cat.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "adapters/fronts/https/openssl_handles.h"
#include "mailwake/adapters/https_server.h"

namespace mailwake {
namespace {

using internal::BioHandle;
using internal::CertificateHandle;
using internal::KeyHandle;
using internal::LastOpensslError;

constexpr long kTenYears = 3652L * 24 * 3600;

bool IsAddress(const std::string& host) {
  unsigned char bytes[sizeof(in6_addr)];
  return inet_pton(AF_INET, host.c_str(), bytes) == 1 || inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

bool IsName(const std::string& host) {
  // What could end the name or begin another in OpenSSL's list of names is no host name either.
  return !host.empty() && host.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_*") == std::string::npos;
}

bool AddExtension(X509* certificate, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  if (extension == nullptr) return false;
  const bool added = X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

bool SetSerial(X509* certificate) {
  unsigned char random[8];
  if (RAND_bytes(random, sizeof(random)) != 1) return false;
  std::uint64_t serial = 0;
  std::memcpy(&serial, random, sizeof(serial));
  return ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1) == 1;
}

CertificateHandle MakeCertificate(const std::string& host, EVP_PKEY* key) {
  CertificateHandle certificate(X509_new());
  if (certificate == nullptr) return nullptr;
  X509* x = certificate.get();
  std::string names = "DNS:localhost,IP:127.0.0.1,IP:::1";
  if (IsAddress(host) && host != "127.0.0.1" && host != "::1") absl::StrAppend(&names, ",IP:", host);
  if (!IsAddress(host) && IsName(host) && host != "localhost") absl::StrAppend(&names, ",DNS:", host);
  X509_NAME* subject = X509_get_subject_name(x);
  const auto* common_name = reinterpret_cast<const unsigned char*>("mailwake self-signed");
  const bool made = X509_set_version(x, X509_VERSION_3) == 1 && SetSerial(x) &&
                    // A day back, for peers whose clock is a little behind.
                    X509_gmtime_adj(X509_getm_notBefore(x), -24 * 3600) != nullptr &&
                    X509_gmtime_adj(X509_getm_notAfter(x), kTenYears) != nullptr && X509_set_pubkey(x, key) == 1 &&
                    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, common_name, -1, -1, 0) == 1 &&
                    X509_set_issuer_name(x, subject) == 1 && AddExtension(x, NID_subject_alt_name, names) &&
                    AddExtension(x, NID_basic_constraints, "critical,CA:FALSE") && AddExtension(x, NID_ext_key_usage, "serverAuth") &&
                    X509_sign(x, key, EVP_sha256()) != 0;
  return made ? std::move(certificate) : nullptr;
}

absl::Status FileError(const std::string& file, int error) {
  const std::string text = absl::StrCat("cannot write ", file, ": ", std::strerror(error));
  return error == EACCES || error == EPERM ? absl::PermissionDeniedError(text) : absl::InvalidArgumentError(text);
}

// Whole or not at all: written beside, then renamed.
absl::Status WriteFile(const std::string& file, BIO* content, mode_t mode) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(content, &data);
  std::string beside = absl::StrCat(file, ".XXXXXX");
  const int fd = ::mkostemp(beside.data(), O_CLOEXEC);  // mode 0600
  if (fd < 0) return FileError(file, errno);
  bool written = ::write(fd, data, static_cast<std::size_t>(size)) == size && ::fchmod(fd, mode) == 0 && ::fsync(fd) == 0;
  int error = written ? 0 : errno;
  ::close(fd);
  if (written && ::rename(beside.c_str(), file.c_str()) != 0) {
    written = false;
    error = errno;
  }
  if (written) return absl::OkStatus();
  ::unlink(beside.c_str());
  return FileError(file, error);
}

}  // namespace

absl::Status MakeSelfSignedCertificate(const std::string& host, const std::string& cert_file, const std::string& key_file) {
  KeyHandle key(EVP_EC_gen("P-256"));
  CertificateHandle certificate = key == nullptr ? nullptr : MakeCertificate(host, key.get());
  BioHandle key_pem(BIO_new(BIO_s_mem()));
  BioHandle cert_pem(BIO_new(BIO_s_mem()));
  if (certificate == nullptr || key_pem == nullptr || cert_pem == nullptr ||
      PEM_write_bio_PrivateKey(key_pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1 ||
      PEM_write_bio_X509(cert_pem.get(), certificate.get()) != 1) {
    return absl::InternalError(absl::StrCat("cannot make a certificate: ", LastOpensslError()));
  }
  // The key first: a certificate without its key would look complete.
  if (absl::Status status = WriteFile(key_file, key_pem.get(), 0600); !status.ok()) return status;
  return WriteFile(cert_file, cert_pem.get(), 0644);
}

}  // namespace mailwake

// SPDX-License-Identifier: Apache-2.0
//
// RecordWriter: says in TLS 1.2 what OpenSSL's client would not, such as a second ClientHello after the first was refused. It takes the
// keys of a connection that has shaken hands and sent nothing since, and writes on in its place.
//
// Threads:    one at a time.
// Example:    RecordWriter writer(client);  writer.Send(SSL3_RT_HANDSHAKE, message);

#ifndef MAILWAKE_TESTS_ADAPTERS_HTTPS_RECORD_WRITER_H_
#define MAILWAKE_TESTS_ADAPTERS_HTTPS_RECORD_WRITER_H_

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "tests/support/https_client.h"

namespace mailwake {

class RecordWriter {
 public:
  static constexpr const char* kCipher = "ECDHE-ECDSA-AES128-GCM-SHA256";  // the one that it knows

  explicit RecordWriter(HttpsClient& client) : socket_(client.socket()) {
    EXPECT_STREQ(SSL_get_cipher_name(client.ssl()), kCipher);
    EXPECT_EQ(SSL_version(client.ssl()), TLS1_2_VERSION);
    const std::string keys = KeyBlock(client.ssl());
    key_ = keys.substr(0, 16);  // what follows is the server's key, and then both salts (RFC 5246, 6.3)
    salt_ = keys.substr(32, 4);
  }

  bool Send(char type, std::string_view content) {
    const std::string nonce = BigEndian(sequence_, 8);  // RFC 5288, 3: any that does not come again
    std::string sealed(content.size(), '\0'), tag(16, '\0');
    int size = 0;
    const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
    EVP_EncryptInit_ex(cipher.get(), EVP_aes_128_gcm(), nullptr, Bytes(key_), Bytes(salt_ + nonce));
    const std::string head = {type, 3, 3};
    const std::string bound = BigEndian(sequence_++, 8) + head + BigEndian(content.size(), 2);
    EVP_EncryptUpdate(cipher.get(), nullptr, &size, Bytes(bound), static_cast<int>(bound.size()));
    EVP_EncryptUpdate(cipher.get(), Bytes(sealed), &size, Bytes(content), static_cast<int>(content.size()));
    EVP_EncryptFinal_ex(cipher.get(), nullptr, &size);
    EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(tag.size()), tag.data());
    const std::string record = head + BigEndian(nonce.size() + sealed.size() + tag.size(), 2) + nonce + sealed + tag;
    return ::send(socket_, record.data(), record.size(), 0) == static_cast<ssize_t>(record.size());
  }

 private:
  static std::string BigEndian(std::uint64_t value, int bytes) {
    std::string out;
    for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i));
    return out;
  }
  static const unsigned char* Bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
  static unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

  static std::string KeyBlock(SSL* ssl) {
    std::string secret(SSL_MAX_MASTER_KEY_LENGTH, '\0'), client(SSL3_RANDOM_SIZE, '\0'), server(SSL3_RANDOM_SIZE, '\0'), out(40, '\0');
    secret.resize(SSL_SESSION_get_master_key(SSL_get_session(ssl), Bytes(secret), secret.size()));
    SSL_get_client_random(ssl, Bytes(client), client.size());
    SSL_get_server_random(ssl, Bytes(server), server.size());
    std::string seed = "key expansion" + server + client, digest = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
                                 OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, secret.data(), secret.size()),
                                 OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, seed.data(), seed.size()),
                                 OSSL_PARAM_construct_end()};
    EVP_KDF* const prf = EVP_KDF_fetch(nullptr, "TLS1-PRF", nullptr);
    EVP_KDF_CTX* const context = EVP_KDF_CTX_new(prf);
    EXPECT_EQ(EVP_KDF_derive(context, Bytes(out), out.size(), params), 1);
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(prf);
    return out;
  }

  const int socket_;
  std::string key_, salt_;
  std::uint64_t sequence_ = 1;  // the end of the handshake was 0
};

}  // namespace mailwake

#endif  // MAILWAKE_TESTS_ADAPTERS_HTTPS_RECORD_WRITER_H_
